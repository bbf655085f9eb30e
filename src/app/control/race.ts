/**
 * The race: the same prompt and seed on each strategy, n times, interleaved. Every strategy is
 * warmed up once, uncounted; the order turns by one each round, so that none always goes first;
 * the reference is computed in the first round only.
 */
import type { Mode, RunConfig } from "#core/run/config.ts";
import { takesClients } from "#core/run/config/parse-config.ts";
import type { RunRecord } from "#core/run/record.ts";
import { medianRun, raceVerdict } from "../derive/race-verdict.ts";
import { isRacing, type RacedRun, type RaceFacts, type RaceStore } from "../stores/race.ts";
import type { RunControl } from "./runs.ts";

const WARM_UP_TOKENS = 3;

/** Who runs when: `rounds` rounds, each starting one strategy later than the one before. */
export function schedule(strategies: readonly Mode[], rounds: number): readonly Mode[] {
  return Array.from({ length: rounds }, (_, round) =>
    strategies.map((_, i) => strategies[(i + round) % strategies.length]).filter((mode) => mode !== undefined),
  ).flat();
}

/** The very tokens that were checked in the first round need no second check. */
const sameTokens = (a: RunRecord, b: RunRecord): boolean =>
  a.tokenIds.length === b.tokenIds.length && a.tokenIds.every((id, i) => id === b.tokenIds[i]);

/** The part of a race that counts. */
interface Measured {
  readonly config: RunConfig;
  readonly name: string;
  readonly strategies: readonly Mode[];
}

export class RaceControl {
  readonly #race: RaceStore;
  readonly #runs: RunControl;
  #serial = 0;

  constructor(race: RaceStore, runs: RunControl) {
    this.#race = race;
    this.#runs = runs;
  }

  async start(config: RunConfig): Promise<void> {
    const { strategies, rounds } = this.#race.getState();
    const name = `race-${++this.#serial}`;
    const order = schedule(strategies, rounds);
    this.#change({ state: "warming", done: 0, total: strategies.length + order.length, records: new Map() });
    if (!(await this.#each(strategies, (mode) => this.#warmUp(config, mode)))) return;
    if (this.#running) this.#change({ state: "running" });
    const measured = { config, name, strategies };
    await this.#each(order, (mode) => this.#measure(measured, mode));
    this.#showMedians();
    if (this.#running) this.#change({ state: "over" });
  }

  async stop(): Promise<void> {
    this.#change({ state: "stopped" });
    await this.#runs.stop();
  }

  /** What the race says goes with its facts: views that only show it need not know how it is found. */
  #change(change: Partial<RaceFacts> | ((facts: RaceFacts) => Partial<RaceFacts>)): void {
    this.#race.setState((facts) => {
      const next = { ...facts, ...(typeof change === "function" ? change(facts) : change) };
      return { ...next, line: raceVerdict(next) };
    });
  }

  get #running(): boolean {
    return isRacing(this.#race.getState());
  }

  #latest(mode: Mode): RacedRun | undefined {
    return this.#race.getState().records.get(mode)?.at(-1);
  }

  /** False when the race was stopped, by a person or with one of its runs. */
  async #each(modes: readonly Mode[], run: (mode: Mode) => Promise<RunRecord>): Promise<boolean> {
    for (const mode of modes) {
      if (!this.#running) return false;
      const record = await run(mode);
      if (record.finish.kind !== "stopped") continue;
      this.#change({ state: "stopped" });
      return false;
    }
    return true;
  }

  async #warmUp(config: RunConfig, mode: Mode): Promise<RunRecord> {
    const record = await this.#runs.start({
      config: { ...config, mode, clients: 1, maxTokens: WARM_UP_TOKENS },
      options: { check: false },
      unseen: true,
    });
    if (record.finish.kind !== "stopped") this.#change(({ done }) => ({ done: done + 1 }));
    return record;
  }

  /** The details on screen stay those of one strategy: its next run takes its place there once it is over. */
  async #measure({ config, name, strategies }: Measured, mode: Mode): Promise<RunRecord> {
    const arrange = (key: string): readonly string[] =>
      strategies.flatMap((other) => (other === mode ? key : (this.#latest(other)?.laneKey ?? [])));
    const record = await this.#runs.start({
      config: { ...config, mode, clients: takesClients(mode) ? config.clients : 1 },
      options: { check: !this.#race.getState().records.has(mode) },
      arrange,
      race: name,
      beside: this.#race.getState().records.size > 0,
    });
    if (record.finish.kind !== "stopped") this.#keep(mode, record);
    return record;
  }

  #keep(mode: Mode, record: RacedRun): void {
    const checked = this.#race.getState().records.get(mode)?.[0];
    if (checked !== undefined && sameTokens(checked, record)) this.#runs.vouch(record.laneKey, checked.agreement);
    const before = this.#latest(mode);
    if (before !== undefined) this.#runs.lookOn(before.laneKey, record.laneKey);
    this.#change(({ done, records }) => ({
      done: done + 1,
      records: new Map(records).set(mode, [...(records.get(mode) ?? []), record]),
    }));
  }

  /** The lanes that stay are those whose figures the table has. */
  #showMedians(): void {
    const { records, strategies } = this.#race.getState();
    const medians = strategies.flatMap((mode) => {
      const latest = this.#latest(mode);
      const median = medianRun(records.get(mode) ?? []);
      if (latest === undefined || median === null) return [];
      this.#runs.lookOn(latest.laneKey, median.laneKey);
      return [median.laneKey];
    });
    if (medians.length > 0) this.#runs.show(medians);
  }
}
