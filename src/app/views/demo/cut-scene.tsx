/** The cut by hand or by itself, over the runs that were recorded: what each tier and the link take of a token, and the bytes. */
import { useState } from "react";
import type { RunRecord, TokenEvent } from "#core/run/record.ts";
import { duration, size } from "../../format/units.ts";
import css from "./demo.module.css";
import { DemoStrip } from "./demo-strip.tsx";
import { SceneBars } from "./scene-bars.tsx";

interface Props {
  readonly records: readonly RunRecord[];
  readonly progress: number;
  readonly byHand: boolean;
  readonly onTouch: () => void;
}

export function CutScene({ records, progress, byHand, onTouch }: Props) {
  const [chosen, setChosen] = useState<number | null>(null);
  const byItself = byHand && chosen === null ? Math.floor(records.length / 2) : Math.floor(progress * records.length);
  const at = Math.min(records.length - 1, chosen ?? byItself);
  const record = records[at];
  if (record === undefined) return <p>No recorded cuts.</p>;
  const { blocks = 12, cut = 0 } = record.resolved ?? {};
  // The same axis for every cut, so that bars grow and shrink.
  const most = Math.max(...records.flatMap((each) => sharesOf(each).map(({ ms }) => ms)));
  const shares = sharesOf(record);
  const step = record.tokens[1];
  return (
    <>
      <DemoStrip
        blocks={blocks}
        cut={cut}
        moment={null}
        upBytes={step?.upBytes ?? 0}
        downBytes={step?.downBytes ?? 0}
      />
      <label className={css["slider"]}>
        Cut after {cut} of {blocks} blocks
        <input
          type="range"
          min={0}
          max={records.length - 1}
          step={1}
          value={at}
          aria-valuetext={`cut after ${cut} of ${blocks} blocks: ${duration(sum(shares))} a token`}
          onChange={(event) => {
            setChosen(event.currentTarget.valueAsNumber);
            onTouch();
          }}
          data-testid="demo-cut"
        />
      </label>
      <SceneBars bars={shares.map(({ name, ms }) => ({ name, ms, fill: FILLS[name] }))} most={most} names={5} />
      <p className={css["now"]}>
        {duration(sum(shares))} a token, mean of {record.tokens.length - 1}; {size(step?.upBytes ?? 0)} up,{" "}
        {size(step?.downBytes ?? 0)} down, whatever the cut
      </p>
    </>
  );
}

const FILLS = { tab: "var(--part-device)", link: "var(--part-uplink)", edge: "var(--part-edge)" } as const;

interface Share {
  readonly name: "tab" | "link" | "edge";
  readonly ms: number;
}

const sum = (shares: readonly Share[]): number => shares.reduce((total, { ms }) => total + ms, 0);

/** Means over the decode steps: they add up to the time per token. */
function sharesOf({ tokens }: RunRecord): readonly Share[] {
  const decode = tokens.slice(1);
  const mean = (pick: (token: TokenEvent) => number): number =>
    decode.reduce((total, token) => total + pick(token), 0) / Math.max(1, decode.length);
  return [
    {
      name: "tab",
      ms: mean((token) => token.deviceMs + token.encodeMs + token.decodeMs + token.sampleMs + token.otherMs),
    },
    { name: "link", ms: mean((token) => token.linkMs) },
    { name: "edge", ms: mean((token) => token.queueMs + token.edgeMs) },
  ];
}
