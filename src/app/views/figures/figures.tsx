/** The run in focus, in figures, live: each with what it is, its spread and its count. */
import type { ReactNode } from "react";
import { tpotOf } from "#core/plan/measured/bottleneck.ts";
import type { Finish } from "#core/run/record.ts";
import { badgeOf, bytesBeside, spreadOf, totalsOfLane } from "../../derive/figures.ts";
import { duration, rate, size } from "../../format/units.ts";
import type { Lane } from "../../stores/runs.ts";
import { Term } from "../term/term.tsx";
import { Words } from "../term/words.tsx";
import css from "./figures.module.css";

const NONE = "\u2013";
const shown = (value: number | null, format: (value: number) => string): string =>
  value === null ? NONE : format(value);

export function Figures({ lane }: { readonly lane: Lane }) {
  const totals = totalsOfLane(lane);
  const spread = spreadOf(lane.tokens);
  const unchecked = badgeOf(lane.agreement).state === "unchecked" ? "unchecked" : "";
  const n = Math.max(0, lane.tokens.length - 1);
  const { upPerToken, downPerToken, textUp, textDown } = bytesBeside(lane);
  const mean = tpotOf(lane);
  const perToken = (ms: number): number | null => (n > 0 ? ms / n : null);
  const added = perToken(totals.decode.addedMs);
  const reused = lane.resolved?.reusedPositions ?? 0;
  const positions = lane.tokens[0]?.positions ?? null;
  return (
    <dl className={css["figures"]} data-testid="figures">
      <Figure
        name={
          <>
            First token (<Term of="ttft">TTFT</Term>)
          </>
        }
        value={shown(totals.ttftMs, duration)}
        notes={[
          positions === null ? "" : `${positions} positions of prefill${reused > 0 ? `, ${reused} reused` : ""}`,
          unchecked,
        ]}
      />
      <Figure
        name={
          <>
            Per token (<Term of="tpot">TPOT</Term>)
          </>
        }
        value={shown(mean, duration)}
        notes={[
          `mean, n = ${n}`,
          totals.tpotMs === null ? "" : `median ${duration(totals.tpotMs)}`,
          spread === null ? "" : `middle half ${duration(spread[0])} to ${duration(spread[1])}`,
          unchecked,
        ]}
      />
      <Figure
        name={<Term of="tpotP95">TPOT, 95th percentile</Term>}
        value={shown(totals.tpotP95Ms, duration)}
        notes={[`n = ${n}`, unchecked]}
      />
      <Figure
        name={<Term of="tokensPerSecond">Tokens per second</Term>}
        value={shown(totals.tokensPerSecond, rate)}
        notes={["while decoding", unchecked]}
      />
      <Figure
        name="Whole answer"
        value={shown(lane.tokens.at(-1)?.atMs ?? null, duration)}
        notes={[`${lane.tokens.length} tokens`, finishText(lane)]}
      />
      <Figure
        name="This tab computes"
        value={shown(perToken(totals.decode.deviceComputeMs), duration)}
        notes={["a token"]}
      />
      <Figure
        name="The link takes"
        value={shown(perToken(totals.decode.linkMs), duration)}
        notes={
          added === null || added === 0 ? ["a token, none of it added"] : [`a token, ${duration(added)} of it added`]
        }
      />
      <Figure
        name={<Term of="edgeComputePerToken">The edge computes</Term>}
        value={shown(perToken(totals.decode.edgeComputeMs), duration)}
        notes={["a token, as the edge timed it"]}
      />
      <Figure
        name={<Term of="upBytes">Up, per token</Term>}
        value={shown(upPerToken, size)}
        notes={[`as text: ${size(textUp)} once`]}
      />
      <Figure
        name={<Term of="downBytes">Down, per token</Term>}
        value={shown(downPerToken, size)}
        notes={[`as text: ${shown(textDown, size)} a token`]}
      />
    </dl>
  );
}

type FinishByKind = { readonly [F in Finish as F["kind"]]: F };

const FINISH: { readonly [K in Finish["kind"]]: (finish: FinishByKind[K]) => string } = {
  eos: () => "the model ended its turn",
  length: () => "the limit that was set",
  context: ({ capacity }) => `the context of ${capacity} is full`,
  stopped: () => "stopped",
  failed: () => "failed",
};

const textOf = <K extends Finish["kind"]>(kind: K, finish: FinishByKind[K]): string => FINISH[kind](finish);
const finishText = ({ record }: Lane): string => (record === null ? "" : textOf(record.finish.kind, record.finish));

function Figure({
  name,
  value,
  notes,
}: {
  readonly name: ReactNode;
  readonly value: ReactNode;
  readonly notes: readonly string[];
}) {
  return (
    <div className={css["figure"]}>
      <dt>{name}</dt>
      <dd>
        {value}
        {notes
          .filter((note) => note !== "")
          .map((note) => (
            <div key={note} className={css["note"]}>
              <Words>{note}</Words>
            </div>
          ))}
      </dd>
    </div>
  );
}
