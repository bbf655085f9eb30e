/**
 * Asks the device for runs, one at a time, and keeps their lanes in the store. What the device
 * reports is gathered per frame of the screen; the record that it resolves to has the last word.
 */
import type { RunConfig } from "#core/run/config.ts";
import type { RunRecord, TokenEvent } from "#core/run/record.ts";
import type { DeviceApi, RunEvent, RunOptions } from "#core/run/worker-api.ts";
import { createBatch } from "../device/event-batch.ts";
import { withProgress, type EngineStore } from "../stores/engine.ts";
import { addEvents, addLane, closeLane, openLane, type RunStore } from "../stores/runs.ts";

export interface RunRequest {
  readonly config: RunConfig;
  readonly options?: RunOptions;
  /** The lanes to leave on screen beside the new one. */
  readonly beside?: readonly string[];
  readonly race?: string;
  readonly onToken?: (token: TokenEvent) => void;
}

export interface RunControl {
  /** Runs after what is running, if anything; resolves to the record also when it failed. */
  start(request: RunRequest): Promise<RunRecord & { readonly laneKey: string }>;
  stop(): Promise<void>;
}

export function createRunControl(device: DeviceApi, runs: RunStore, engine: EngineStore, nextFrame: (callback: () => void) => void): RunControl {
  let serial = 0;
  let before: Promise<unknown> = Promise.resolve();

  function report(key: string, events: readonly RunEvent[]): void {
    addEvents(runs, key, events);
    for (const event of events) {
      if (event.kind === "progress") engine.setState(({ phases }) => ({ phases: withProgress(phases, event) }));
    }
  }

  async function run({ config, options = {}, beside = [], race, onToken }: RunRequest): Promise<RunRecord & { readonly laneKey: string }> {
    const key = `run-${++serial}`;
    addLane(runs, openLane(key, config, options.sabotage ?? null, race ?? null), [...beside, key]);
    engine.setState({ phases: [] });
    const batch = createBatch<RunEvent>(nextFrame, (events) => report(key, events));
    const record = await device.run(config, options, (event) => {
      batch.add(event);
      if (event.kind === "token") onToken?.(event.token);
    });
    batch.flush();
    closeLane(runs, key, record);
    engine.setState({ device: record.provenance.device });
    return { ...record, laneKey: key };
  }

  return {
    start(request) {
      const mine = before.then(() => run(request));
      before = mine.catch(() => undefined);
      return mine;
    },
    stop: () => device.stop(),
  };
}
