/**
 * Asks the device for runs, one at a time, and keeps their lanes in the store. What the device
 * reports is collected per frame of the screen; the record that it resolves to has the last word.
 */
import type { RunConfig } from "#core/run/config.ts";
import type { Agreement, RunRecord, TokenEvent } from "#core/run/record.ts";
import type { DeviceApi, RunChange, RunEvent, RunOptions } from "#core/run/worker-api.ts";
import { createBatch } from "../device/event-batch.ts";
import { withProgress, type EngineStore } from "../stores/engine.ts";
import { addEvents, addLane, closeLane, openLane, type RunStore } from "../stores/runs.ts";

export interface RunRequest {
  readonly config: RunConfig;
  readonly options?: RunOptions;
  /** The lanes on screen from now on, the new one among them; it alone when left out. */
  readonly arrange?: (key: string) => readonly string[];
  readonly race?: string;
  /** Leaves the details of another run on screen; its lane is there all the same. */
  readonly beside?: boolean;
  /** Has no lane: what is not counted is not shown. */
  readonly unseen?: boolean;
  /** Of an experiment, whose results have it: the history does not. */
  readonly unkept?: boolean;
  readonly onToken?: (token: TokenEvent) => void;
  /** The cut is on its way, or has arrived. */
  readonly onMove?: (event: MoveEvent) => void;
}

export type MoveEvent = Extract<RunEvent, { kind: "moving" | "moved" }>;

export interface RunControl {
  /** Runs after what is under way, if anything; resolves to the record also when it failed. */
  start(request: RunRequest): Promise<RunRecord & { readonly laneKey: string }>;
  /** Does something else that needs the device to itself, in its turn. */
  inTurn<T>(task: () => Promise<T>): Promise<T>;
  stop(): Promise<void>;
  /** False where nothing runs that can change so. */
  change(change: RunChange): Promise<boolean>;
  addTrace: DeviceApi["addTrace"];
  /** An agreement established by another run that gave the same tokens. */
  vouch(laneKey: string, agreement: Agreement): void;
  /** Shows the details of one run in place of those of another, where they are on screen. */
  lookOn(from: string, to: string): void;
  /** These lanes from now on. */
  show(laneKeys: readonly string[]): void;
}

export function createRunControl(
  device: DeviceApi,
  runs: RunStore,
  engine: EngineStore,
  nextFrame: (callback: () => void) => void,
  keep: (record: RunRecord) => void = () => undefined,
): RunControl {
  const parts: Parts = { device, runs, engine, nextFrame, keep };
  const inTurn = turnByTurn();
  let serial = 0;
  return {
    start: (request) => inTurn(() => runOnLane(`run-${++serial}`, request, parts)),
    inTurn,
    stop: () => device.stop(),
    change: (change) => device.change(change),
    addTrace: (name, source) => device.addTrace(name, source),
    lookOn: (from, to) => runs.setState(({ focus }) => ({ focus: focus === from ? to : focus })),
    show: (laneKeys) => runs.setState({ shown: laneKeys }),
    vouch: (laneKey, agreement) => addEvents(runs, laneKey, [{ kind: "agreement", agreement }]),
  };
}

/** One task after the other, whatever became of the one before. */
function turnByTurn(): RunControl["inTurn"] {
  let before: Promise<unknown> = Promise.resolve();
  return (task) => {
    const mine = before.then(task);
    before = mine.catch(() => undefined);
    return mine;
  };
}

interface Parts {
  readonly device: DeviceApi;
  readonly runs: RunStore;
  readonly engine: EngineStore;
  readonly nextFrame: (callback: () => void) => void;
  /** Into the history. */
  readonly keep: (record: RunRecord) => void;
}

async function runOnLane(
  key: string,
  {
    config,
    options = {},
    arrange = (laneKey) => [laneKey],
    race,
    beside = false,
    unseen = false,
    unkept = false,
    onToken,
    onMove,
  }: RunRequest,
  { device, runs, engine, nextFrame, keep }: Parts,
): Promise<RunRecord & { readonly laneKey: string }> {
  if (!unseen) addLane(runs, openLane(key, config, options.sabotage ?? null, race ?? null), arrange(key), !beside);
  engine.setState({ phases: [] });
  const batch = createBatch<RunEvent>(nextFrame, (events) => {
    addEvents(runs, key, events);
    for (const event of events)
      if (event.kind === "progress") engine.setState(({ phases }) => ({ phases: withProgress(phases, event) }));
  });
  const record = await device.run(config, options, (event) => {
    batch.add(event);
    if (event.kind === "token") onToken?.(event.token);
    if (event.kind === "moving" || event.kind === "moved") onMove?.(event);
  });
  batch.flush();
  closeLane(runs, key, record);
  engine.setState({ device: record.provenance.device });
  if (!unseen && !unkept) keep(record);
  return { ...record, laneKey: key };
}
