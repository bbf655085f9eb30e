/**
 * Recharts' tooltip with our readout in it. It stays at the top of the drawing, and is spoken
 * politely and only when keys moved it: the library's own interrupts whoever listens.
 */
import { useContext, useEffect } from "react";
import { Tooltip, useActiveTooltipLabel } from "recharts";
import { ReadoutCard, readoutText, SayContext, type ReadoutAt } from "./readout.tsx";

/** `onPoint` hears of every place that is pointed at. */
export function ReadoutTooltip({
  readoutAt,
  onPoint,
}: {
  readonly readoutAt: ReadoutAt;
  readonly onPoint?: (x: number | null) => void;
}) {
  const say = useContext(SayContext);
  const label = useActiveTooltipLabel();
  const at = label === undefined ? null : Number(label);
  useEffect(() => {
    onPoint?.(at);
    const readout = at === null ? null : readoutAt(at);
    if (readout !== null) say(readoutText(readout));
  }, [at, onPoint, readoutAt, say]);
  return (
    <Tooltip
      cursor={false}
      isAnimationActive={false}
      offset={16}
      position={{ y: 2 }}
      allowEscapeViewBox={{ x: false, y: true }}
      wrapperStyle={{ zIndex: 4, pointerEvents: "none" }}
      content={({ active, label: over }) => {
        const readout = active && over !== undefined ? readoutAt(Number(over)) : null;
        return readout === null ? null : <ReadoutCard readout={readout} />;
      }}
    />
  );
}
