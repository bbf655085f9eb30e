/**
 * The race: the same prompt and seed on each strategy, n times, interleaved. Every strategy is
 * warmed up once, uncounted; the order turns by one each round, so that none always goes first;
 * the reference is computed in the first round only.
 */
import { MODES, type Mode, type RunConfig } from "#core/run/config.ts";
import { takesClients } from "#core/run/parse-config.ts";
import type { RunRecord } from "#core/run/record.ts";
import { steppedAtCut } from "#core/strategies/table.ts";
import type { RunControl } from "./runs.ts";
import { isRacing, type RaceStore } from "../stores/race.ts";

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

export interface RaceControl {
  start(config: RunConfig): Promise<void>;
  stop(): Promise<void>;
}

export function createRaceControl(race: RaceStore, runs: RunControl): RaceControl {
  let serial = 0;

  const running = (): boolean => isRacing(race.getState());

  async function start(config: RunConfig): Promise<void> {
    const { strategies, rounds } = race.getState();
    const name = `race-${++serial}`;
    const order = schedule(strategies, rounds);
    race.setState({ state: "warming", done: 0, total: strategies.length + order.length, records: new Map() });
    for (const mode of strategies) {
      if (!running()) return;
      const record = await runs.start({
        config: { ...config, mode, clients: 1, maxTokens: WARM_UP_TOKENS },
        options: { check: false },
      });
      if (record.finish.kind === "stopped") return race.setState({ state: "stopped" });
      race.setState(({ done }) => ({ done: done + 1 }));
    }
    if (running()) race.setState({ state: "running" });
    const latest = new Map<Mode, string>();
    for (const mode of order) {
      if (!running()) return;
      const first = !race.getState().records.has(mode);
      const arrange = (key: string): readonly string[] =>
        strategies.flatMap((other) => (other === mode ? key : (latest.get(other) ?? [])));
      const record = await runs.start({
        config: { ...config, mode, clients: takesClients(mode) ? config.clients : 1 },
        options: { check: first },
        arrange,
        race: name,
      });
      if (record.finish.kind === "stopped") return race.setState({ state: "stopped" });
      latest.set(mode, record.laneKey);
      const checked = race.getState().records.get(mode)?.[0];
      if (checked !== undefined && sameTokens(checked, record)) runs.vouch(record.laneKey, checked.agreement);
      race.setState(({ done, records }) => ({
        done: done + 1,
        records: new Map(records).set(mode, [...(records.get(mode) ?? []), record]),
      }));
    }
    if (!running()) return;
    // The race is about the cut: its details are what stays on screen.
    const [subject] = MODES.filter(steppedAtCut).flatMap((mode) => latest.get(mode) ?? []);
    if (subject !== undefined) runs.look(subject);
    race.setState({ state: "over" });
  }

  async function stop(): Promise<void> {
    race.setState({ state: "stopped" });
    await runs.stop();
  }

  return { start, stop };
}
