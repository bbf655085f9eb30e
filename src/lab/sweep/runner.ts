/**
 * Runs a sweep. `run` is a port: the page's own engine, or a browser that is driven from outside.
 * A generator, so whoever draws from it decides when the next run starts: not asking pauses,
 * `return()` cancels, and the lines of an earlier attempt, given back, are not run again.
 * A run that fails is a line like any other; a cell that failed twice is not tried again, and each
 * of its runs that are left is a line that says so.
 */
import type { RunConfig } from "#core/run/config.ts";
import { failureOf, type Failure } from "#core/run/failure.ts";
import type { Agreement, RunRecord } from "#core/run/record.ts";
import type { RunOptions } from "#core/run/worker-api.ts";
import { factsOf, plainMode } from "#core/strategies/table.ts";
import type { Cell } from "./cells.ts";
import { runKey, sessionKind, type SweepSchedule, type SweepRun } from "./schedule.ts";
import type { FailedLine, RunLine } from "../results/results.ts";

/** Resolves to the record also when the run failed; whatever it throws becomes a failed line. */
export type RunPort = (config: RunConfig, options: RunOptions) => Promise<RunRecord>;

export type SweepEvent =
  /** What is about to run: not a result. */
  | {
      readonly kind: "next";
      readonly what: "text" | "run";
      readonly name: string;
      readonly done: number;
      readonly total: number;
    }
  | { readonly kind: "line"; readonly line: RunLine | FailedLine };

const WARM_UP_TOKENS = 3;
const GIVEN_UP_AFTER = 2;

/** Returns true when the whole schedule is done, false when a run was stopped. */
export async function* runSweep(
  schedule: SweepSchedule,
  run: RunPort,
  done: readonly (RunLine | FailedLine)[] = [],
): AsyncGenerator<SweepEvent, boolean> {
  const over = new Set(done.map(({ cell, prompt, round }) => runKey(cell, prompt, round)));
  const left = schedule.runs.filter(({ key }) => !over.has(key));
  if (left.length === 0) return true;
  const texts = yield* prepared(schedule, left, run);
  if (texts === null) return false;
  const before = new EarlierLines(done);
  let warm = "";
  for (const [index, planned] of left.entries()) {
    const givenUp = before.givenUp(planned);
    if (givenUp !== null) {
      yield { kind: "line", line: givenUp };
      continue;
    }
    const total = schedule.runs.length;
    yield { kind: "next", what: "run", name: planned.key, done: total - left.length + index, total };
    const text = texts.get(planned.prompt.id) ?? null;
    if (warm !== sessionKind(planned.cell.config)) {
      warm = sessionKind(planned.cell.config);
      if (await warmedUp(planned, text, run)) return false;
    }
    const { line, stopped } = await perform(planned, text, run, before.checked(planned));
    if (stopped) return false;
    before.add(planned, line);
    yield { kind: "line", line };
  }
  return true;
}

/** What the lines so far say of a run to come. */
class EarlierLines {
  readonly #checked = new Map<string, RunRecord>();
  readonly #failures = new Map<string, readonly Failure[]>();

  /** `done` are an earlier attempt's: its failures are tried again. */
  constructor(done: readonly (RunLine | FailedLine)[]) {
    for (const line of done)
      if (line.kind === "run" && line.record.agreement.kind === "checked")
        this.#checked.set(`${line.cell} | ${line.prompt}`, line.record);
  }

  /** A record of the same cell and prompt that was checked. */
  checked({ cell, prompt }: SweepRun): RunRecord | null {
    return this.#checked.get(`${cell.key} | ${prompt.id}`) ?? null;
  }

  givenUp(planned: SweepRun): FailedLine | null {
    const failures = this.#failures.get(planned.cell.key) ?? [];
    const last = failures.at(-1);
    if (last === undefined || failures.length < GIVEN_UP_AFTER) return null;
    return {
      kind: "failed",
      ...placeOf(planned),
      failure: { code: "given-up", failures: failures.length, last: last.code },
    };
  }

  add({ cell, prompt }: SweepRun, line: RunLine | FailedLine): void {
    if (line.kind === "failed") this.#failures.set(cell.key, [...(this.#failures.get(cell.key) ?? []), line.failure]);
    else if (line.record.agreement.kind === "checked") this.#checked.set(`${cell.key} | ${prompt.id}`, line.record);
  }
}

/** The ids to score, by prompt: the prompt's and the uncut model's continuation. */
interface Scored {
  readonly ids: readonly number[];
  readonly promptTokens: number;
}

/** The texts to score, where it is about scoring. A failure here is left for the runs themselves to report; null when stopped. */
async function* prepared(
  { experiment, prompts }: SweepSchedule,
  left: readonly SweepRun[],
  run: RunPort,
): AsyncGenerator<SweepEvent, ReadonlyMap<string, Scored> | null> {
  const texts = new Map<string, Scored>();
  if (experiment.continuation === undefined) return texts;
  for (const [index, prompt] of prompts.entries()) {
    yield { kind: "next", what: "text", name: prompt.id, done: index, total: prompts.length };
    const record = await attempt(run, continuing(left[0]?.cell, prompt.text, experiment.continuation), {
      check: false,
      fresh: true,
    });
    if ("code" in record) continue;
    if (record.finish.kind === "stopped") return null;
    const promptIds = record.resolved?.promptIds ?? [];
    texts.set(prompt.id, { ids: [...promptIds, ...record.tokenIds], promptTokens: promptIds.length });
  }
  return texts;
}

/** A short run that does not count, where sessions of another kind were open: it fetches, compiles and warms up. True when stopped. */
async function warmedUp({ cell, prompt }: SweepRun, text: Scored | null, run: RunPort): Promise<boolean> {
  const config = configFor(cell, prompt.text, text);
  if (config === null) return false;
  const record = await attempt(
    run,
    { ...config, maxTokens: Math.min(config.maxTokens, WARM_UP_TOKENS), clients: 1 },
    { check: false, fresh: true },
  );
  return !("code" in record) && record.finish.kind === "stopped";
}

/** The uncut model's own words behind a prompt, sampled as they come. */
function continuing(cell: Cell | undefined, prompt: string, maxTokens: number): RunConfig | null {
  return cell === undefined
    ? null
    : {
        ...cell.config,
        mode: plainMode("edge"),
        link: "loopback",
        prompt,
        maxTokens,
        temperature: 1,
        topK: 0,
        topP: 1,
      };
}

function configFor({ config }: Cell, prompt: string, scored: Scored | null): RunConfig | null {
  if (factsOf(config.mode).yields === "tokens") return { ...config, prompt };
  return scored === null ? null : { ...config, promptIds: scored.ids };
}

const placeOf = ({ cell, prompt, round }: SweepRun) => ({
  cell: cell.key,
  arm: cell.arm,
  varied: cell.varied,
  prompt: prompt.id,
  round,
});

async function perform(
  planned: SweepRun,
  scored: Scored | null,
  run: RunPort,
  before: RunRecord | null,
): Promise<{ readonly line: RunLine | FailedLine; readonly stopped: boolean }> {
  const { cell, prompt } = planned;
  const place = placeOf(planned);
  const record = await attempt(run, configFor(cell, prompt.text, scored), {
    check: before === null && factsOf(cell.config.mode).yields === "tokens",
    fresh: true,
  });
  if ("code" in record)
    return { line: { kind: "failed", ...place, failure: record }, stopped: record.code === "stopped" };
  if (record.finish.kind === "failed")
    return { line: { kind: "failed", ...place, failure: record.finish.failure }, stopped: false };
  const promptTokens = scored?.promptTokens ?? record.resolved?.promptIds.length ?? 0;
  return {
    line: { kind: "run", ...place, promptTokens, record: { ...record, agreement: agreementOf(record, before) } },
    stopped: record.finish.kind === "stopped",
  };
}

/** The very tokens that were checked in an earlier round need no second check. */
function agreementOf(record: RunRecord, before: RunRecord | null): Agreement {
  if (before === null || record.agreement.kind === "checked") return record.agreement;
  const same =
    before.tokenIds.length === record.tokenIds.length &&
    before.tokenIds.every((id, index) => id === record.tokenIds[index]);
  return same
    ? before.agreement
    : { kind: "unchecked", why: "its tokens differ from those of the round that was checked" };
}

async function attempt(run: RunPort, config: RunConfig | null, options: RunOptions): Promise<RunRecord | Failure> {
  if (config === null) return { code: "internal", where: "experiment", what: "the text to score could not be made" };
  try {
    return await run(config, options);
  } catch (thrown) {
    return failureOf(thrown, "experiment");
  }
}
