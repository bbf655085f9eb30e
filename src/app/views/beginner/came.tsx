/** What came of the run on screen: the answer in words, where its time went, and three figures; and what to try next. */
import { bytesBeside, spentOf, totalsOfLane, type SpentShare } from "../../derive/figures.ts";
import { axisLength, modeName } from "../../derive/lane-text.ts";
import { waitedAtEnd } from "../../derive/outage-text.ts";
import { barFigures, barTitle } from "../../derive/words/came-text.ts";
import { SPENT_WORDS } from "../../derive/words/answer-text.ts";
import { tpotOf } from "#core/plan/measured/bottleneck.ts";
import { duration, share, size } from "../../format/units.ts";
import { useFacts } from "../../lab.ts";
import type { Lane } from "../../stores/runs.ts";
import { Written } from "../ask/written.tsx";
import { useFocus } from "../model.ts";
import { useShownLanes } from "../lanes/use-shown-lanes.ts";
import { PanelButton } from "../panel-button.tsx";
import { Term } from "../term/term.tsx";
import { Network } from "./network.tsx";
import { PlainRace } from "./plain-race.tsx";
import css from "./beginner.module.css";

export default function Came() {
  return (
    <div className={css["came"]}>
      <Outcome />
      <div className={css["next"]}>
        <Network />
        <PlainRace />
      </div>
    </div>
  );
}

function Outcome() {
  const lane = useFocus();
  const conversing = useFacts("conversation", ({ turns }) => turns.length > 0);
  if (lane === null) return <p>Press Run: the answer and where its time went will stand here.</p>;
  return (
    <>
      {!conversing && (
        <section className={css["answer"]} aria-labelledby="answer-title" data-testid="answer">
          <h2 id="answer-title">The answer</h2>
          <Written text={lane.tokens.map(({ text }) => text).join("")} />
        </section>
      )}
      <Spent />
      <div className={css["told"]}>
        <OfWhich lane={lane} />
        <Figures lane={lane} />
        <span className={css["own"]} data-own={lane.origin !== "recorded"}>
          <PanelButton panel="share">Share</PanelButton>
        </span>
      </div>
    </>
  );
}

/** A bar a run, all on one scale; in a race each has its place from the start. */
function Spent() {
  const { lanes, waiting } = useShownLanes();
  const axisMs = axisLength(lanes);
  const several = lanes.length + waiting.length > 1;
  const recorded = lanes.length > 0 && lanes.every(({ origin }) => origin === "recorded");
  return (
    <section aria-labelledby="spent-title" data-testid="spent">
      <h2 id="spent-title">{recorded ? "Where the time went in the recording" : "Where the time went"}</h2>
      {lanes.map((lane, at) => (
        <Bar
          key={at}
          title={barTitle(lane)}
          figures={several ? barFigures(lane) : null}
          spent={spentOf(lane.tokens, waitedAtEnd(lane))}
          axisMs={axisMs}
        />
      ))}
      {waiting.map((mode) => (
        <Bar key={mode} title={modeName(mode)} figures="" spent={[]} axisMs={axisMs} />
      ))}
    </section>
  );
}

const FILLS = {
  ready: css["ready"] ?? "",
  tab: "part-deviceMs",
  link: "part-uplinkMs",
  edge: "part-edgeMs",
  away: "part-outageMs",
  other: "part-otherMs",
} as const;

interface BarProps {
  readonly title: string;
  /** Null where it stands alone: its figures are below. */
  readonly figures: string | null;
  readonly spent: readonly SpentShare[];
  readonly axisMs: number;
}

function Bar({ title, figures, spent: all, axisMs }: BarProps) {
  const spent = all.filter(({ ms }) => ms > 0);
  return (
    <figure className={css["spent"]}>
      <figcaption data-several={figures !== null}>
        <span>{title}</span>
        {figures !== null && <span>{figures}</span>}
      </figcaption>
      <div className={css["bar"]} aria-hidden>
        {spent.map(({ where, ms }) => (
          <i key={where} className={`part ${FILLS[where]}`} style={{ width: `${(100 * ms) / axisMs}%` }} />
        ))}
      </div>
      <ul className={css["parts"]}>
        {spent.map(({ where, ms, share: of }) => (
          <li key={where}>
            <i className={`${css["swatch"]} part ${FILLS[where]}`} aria-hidden />
            {SPENT_WORDS[where].name} {duration(ms)}, {share(of, 1)}
          </li>
        ))}
      </ul>
    </figure>
  );
}

/** Among several, the one whose figures follow. */
function OfWhich({ lane }: { readonly lane: Lane }) {
  const { lanes, waiting } = useShownLanes();
  return lanes.length + waiting.length > 1 && <h3 className={css["which"]}>{barTitle(lane)}</h3>;
}

const NONE = "\u2013";
const shown = (value: number | null, format: (value: number) => string): string =>
  value === null ? NONE : format(value);

function Figures({ lane }: { readonly lane: Lane }) {
  const { ttftMs } = totalsOfLane(lane);
  const { upPerToken, downPerToken } = bytesBeside(lane);
  return (
    <dl className={css["figures"]} data-testid="figures">
      <div>
        <dt>First word after</dt>
        <dd>{shown(ttftMs, duration)}</dd>
      </div>
      <div>
        <dt>
          Then a <Term of="token">token</Term> every
        </dt>
        <dd>{shown(tpotOf(lane), duration)}</dd>
      </div>
      <div>
        <dt>Sent and received for each</dt>
        <dd>
          {shown(upPerToken, size)} and {shown(downPerToken, size)}
        </dd>
      </div>
    </dl>
  );
}
