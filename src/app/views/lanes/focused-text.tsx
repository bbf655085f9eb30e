/** The answer of the run in focus, token by token; what its bars mean stands above it, so that nothing moves while it grows. */
import { Suspense, useRef } from "react";
import { badgeOf, typicalToken, wrongFrom } from "../../derive/figures.ts";
import { arrivedBy, startOf } from "../../derive/timeline.ts";
import { wordsBy } from "../../derive/words/told.ts";
import { duration } from "../../format/units.ts";
import { useFacts } from "../../lab.ts";
import type { Lane } from "../../stores/runs.ts";
import { OffGround } from "../ask/off-ground.tsx";
import { later, Nothing } from "../later.tsx";
import { TokenText } from "./token-text.tsx";
import { usePick } from "./use-pick.ts";
import { Words } from "../term/words.tsx";
import css from "./lanes.module.css";

// It is rendered at once, so it comes right behind the first paint.
const TokenPointer = later(() => import("./token-pointer.tsx"), Nothing);

export function FocusedText({ lane }: { readonly lane: Lane }) {
  const text = useRef<HTMLDivElement>(null);
  const picked = useFacts("page", (facts) => facts.token);
  const playheadMs = useFacts("player", (facts) => facts.playheadMs);
  const pick = usePick(lane);
  // In a conversation it stands there.
  const conversing = useFacts("conversation", ({ turns }) => turns.length > 0) || lane.sabotage !== null;
  const typical = typicalToken(lane.tokens);
  const fullMs = typical === null ? 0 : 1.6 * (typical.atMs - startOf(lane.tokens, typical.index));
  const badge = badgeOf(lane.agreement, lane.config.mode);
  return (
    <div className={css["focused"]}>
      <p className={css["scale"]}>
        {fullMs > 0 && `A full bar is ${duration(fullMs)}; dashed ones are longer. `}
        <Words>{`${badge.label}${badge.detail === "" ? "" : `: ${badge.detail}`}.`}</Words>
      </p>
      {!conversing && <p className={css["said"]}>{wordsBy(lane.tokens, playheadMs)}</p>}
      <div ref={text} className={css["pointing"]}>
        <TokenText
          tokens={lane.tokens}
          arrived={arrivedBy(lane.tokens, playheadMs)}
          fullMs={fullMs}
          picked={picked}
          wrongFrom={wrongFrom(lane.agreement, lane.config.mode)}
          running={lane.record === null}
          onPick={pick}
        />
        <Suspense fallback={null}>
          <TokenPointer lane={lane} container={text} />
        </Suspense>
      </div>
      {!conversing && <OffGround key={lane.config.model} lane={lane} />}
    </div>
  );
}
