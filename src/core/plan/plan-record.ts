/**
 * A plan as a run's record and the page have it: what was chosen, what came second, what binds and
 * what was known when it was chosen. Every time in it but those of `calibration` is modelled.
 */
import { fail } from "../run/failure.ts";
import { factsOf } from "../strategies/table.ts";
import { linkFigures, OBJECTIVES, type RunConfig } from "../run/config.ts";
import { isRecord } from "../schema/json.ts";
import { flag, list, looksLike, nullable, number, object, oneOf, text, whole, type Value } from "../schema/schema.ts";
import { NO_LIMITS, type Limits, type Obstacle, type Option, type Plan } from "./planner.ts";
import type { TierPace } from "./measured/tier-line.ts";

/** What a limit of the planner is called as a key of the config. */
const KEY_OF: Readonly<Record<Obstacle, string>> = {
  "device-memory": "maxDeviceMb",
  "edge-kv": "maxEdgeKvMb",
  "min-device-blocks": "minDeviceBlocks",
  "too-slow": "maxTpotMs",
};

/** The planner's own figures of one way to run, all modelled. */
const option = looksLike<Option>(isRecord, "a mode, cut and codec with what the planner predicts of it");
const stageTimes = looksLike<TierPace>(isRecord, "calibrated compute times of a tier");

const revision = object({
  /** Tokens that were there. */
  after: whole(0),
  why: oneOf("the link was changed", "the round trip drifted"),
  /** As it was taken to be from then on. */
  rttMs: number,
  choice: looksLike<Pick<Option, "mode" | "cut" | "codec">>(isRecord, "a mode, a cut and a codec"),
  tpotMs: number,
});
export type Revision = Value<typeof revision>;

export const planRecord = object({
  choice: option,
  /** The next best of another mode or cut that the limits allow. */
  runnerUp: nullable(option),
  /** What would have been chosen without limits. */
  unlimited: nullable(option),
  /** Limits that keep the planner from what it would choose without them, as keys of the config. */
  binding: list(text),
  objective: oneOf(...OBJECTIVES),
  /** Each mode and cut once, by its best codec. */
  options: list(option),
  link: linkFigures,
  realRttMs: number,
  calibration: object({
    device: stageTimes,
    edge: stageTimes,
    elapsedMs: number,
    /** It was measured before an earlier run. */
    warm: flag,
  }),
  revisions: list(revision),
});
export type PlanRecord = Value<typeof planRecord>;

const orNone = (value: number, scale = 1): number => (value === 0 ? Infinity : value * scale);

export function limitsOf({
  maxDeviceMb,
  minDeviceBlocks,
  maxEdgeKvMb,
  busyClients,
  objective,
  maxTpotMs,
}: RunConfig): Limits {
  return {
    deviceBytes: orNone(maxDeviceMb, 1e6),
    minDeviceBlocks,
    edgeKvBytes: orNone(maxEdgeKvMb, 1e6),
    busyClients,
    objective:
      objective === "least-time" ? NO_LIMITS.objective : { kind: "least-edge-compute", tpotMs: orNone(maxTpotMs) },
  };
}

/** The choice of a plan. Throws Failed `no-plan`, which says how many ways each limit excludes. */
export function chosenIn({ options, choice }: Plan): Option {
  if (choice !== null) return choice;
  const kinds = Object.keys(KEY_OF).filter((kind): kind is Obstacle => kind in KEY_OF);
  const limits = kinds.map((kind) => ({
    limit: KEY_OF[kind],
    excludes: options.filter(({ obstacle }) => obstacle === kind).length,
  }));
  return fail({
    code: "no-plan",
    options: options.length,
    limits: limits.filter(({ excludes }) => excludes > 0).sort((a, b) => b.excludes - a.excludes),
  });
}

const isSame = (a: Pick<Option, "mode" | "cut">, b: Pick<Option, "mode" | "cut">): boolean =>
  a.mode === b.mode && a.cut === b.cut;

export function recordOfPlan(
  plan: Plan,
  { objective }: RunConfig,
  known: Pick<PlanRecord, "link" | "realRttMs" | "calibration">,
): PlanRecord {
  const choice = chosenIn(plan);
  const costOf = (option: Option): number => (objective === "least-time" ? option.answerMs : option.edgeMsPerToken);
  const allowed = plan.options.filter((option) => option.obstacle === null && !isSame(option, choice));
  const runnerUp = allowed.reduce<Option | null>(
    (best, option) => (best === null || costOf(option) < costOf(best) ? option : best),
    null,
  );
  const wanted = plan.unlimited;
  const excluded =
    wanted === null
      ? []
      : plan.options
          .filter(
            (option) => isSame(option, wanted) && option.codec === wanted.codec && option.kvCache === wanted.kvCache,
          )
          .flatMap(({ obstacle }) => obstacle ?? []);
  return {
    choice,
    runnerUp,
    unlimited: wanted,
    binding: excluded.map((kind) => KEY_OF[kind]),
    objective,
    options: oneEach(plan.options, costOf),
    ...known,
    revisions: [],
  };
}

/** Allowed ones first, then cheaper ones. */
function oneEach(options: readonly Option[], costOf: (option: Option) => number): readonly Option[] {
  const best = new Map<string, Option>();
  for (const option of options) {
    const key = `${option.mode} ${option.cut}`;
    const before = best.get(key);
    const better =
      before === undefined ||
      (option.obstacle === null && before.obstacle !== null) ||
      ((option.obstacle === null) === (before.obstacle === null) && costOf(option) < costOf(before));
    if (better) best.set(key, option);
  }
  return [...best.values()];
}

/** "device-only", "a cut after 4 of 12 blocks with f16" */
export function optionText(
  { mode, cut, codec, kvCache }: Pick<Option, "mode" | "cut" | "codec" | "kvCache">,
  blocks: number,
): string {
  const cache = kvCache ? "" : ", without a KV cache";
  return factsOf(mode).cut === "chosen"
    ? `a cut after ${cut} of ${blocks} blocks with ${codec}${cache}`
    : `${mode}${cache}`;
}

/** "After token 6 the link was changed: a cut after 4 of 12 blocks with f16 over a round trip of 20.0 ms, modelled 31.0 ms a token." */
export function revisionText({ after, why, rttMs, choice, tpotMs }: Revision, blocks: number): string {
  const over = factsOf(choice.mode).needs.edge ? ` over a round trip of ${ms(rttMs)}` : "";
  return `After token ${after} ${why}: ${optionText({ ...choice, kvCache: true }, blocks)}${over}, modelled ${ms(tpotMs)} a token.`;
}

/** Two or three sentences: the choice, what came second, what binds. Times in ms, all of them modelled. */
export function planSentences(plan: PlanRecord, blocks: number): readonly string[] {
  const { choice, runnerUp, unlimited, binding, objective } = plan;
  const aim =
    objective === "least-time"
      ? `the least time for the answer (modelled ${ms(choice.answerMs)}, ${ms(choice.tpotMs)} a token)`
      : `the least edge compute a token (modelled ${ms(choice.edgeMsPerToken)} at ${ms(choice.tpotMs)} a token)`;
  const second =
    runnerUp === null
      ? "The limits allow nothing else."
      : `Next best: ${optionText(runnerUp, blocks)}, modelled ${ms(objective === "least-time" ? runnerUp.answerMs : runnerUp.edgeMsPerToken)}.`;
  const free =
    unlimited === null || isSame(unlimited, choice)
      ? "Without limits the choice would be the same."
      : `Without limits it would be ${optionText(unlimited, blocks)}; what binds is ${binding.length > 0 ? binding.join(" and ") : "how busy the edge is"}.`;
  return [`The planner chose ${optionText(choice, blocks)}: ${aim}.`, second, free];
}

const ms = (value: number): string =>
  value >= 1000 ? `${(value / 1000).toFixed(2)} s` : `${value.toFixed(value >= 10 ? 1 : 2)} ms`;
