/** What `/metrics` reports, each edge server in a registry of its own. Labels never hold anything a client wrote. */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { Tally } from "./tally.ts";

export interface Meters {
  readonly registry: Registry;
  readonly tokens: Counter<"model">;
  readonly bytes: Counter<"direction">;
  readonly reusedPositions: Counter;
  readonly refusals: Counter<"code">;
  readonly queueSeconds: Histogram;
  readonly computeSeconds: Histogram<"model">;
  readonly batchSteps: Histogram;
  readonly faults: Counter<"where">;
  /** For `/status.json`, which shows the last seconds. */
  readonly tally: Tally;
}

/** Figures read when somebody asks. */
export interface Levels {
  sessions(): number;
  queueDepth(): number;
  kvReservedBytes(): number;
  cutOff(): boolean;
}

const SECONDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

export function createMeters(): Meters {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    tally: new Tally(),
    ...stepMeters(registers),
    reusedPositions: new Counter({
      name: "cutlayer_reused_positions_total",
      help: "Positions of prompts that another session had computed (--share-prefixes)",
      registers,
    }),
    bytes: new Counter({
      name: "cutlayer_bytes_total",
      help: "Bytes of session frames, as the device sees it",
      labelNames: ["direction"],
      registers,
    }),
    refusals: new Counter({
      name: "cutlayer_refusals_total",
      help: "Refusals and failures told to clients",
      labelNames: ["code"],
      registers,
    }),
    faults: new Counter({
      name: "cutlayer_faults_total",
      help: "Bugs that surfaced and were contained",
      labelNames: ["where"],
      registers,
    }),
  };
}

/** What steps give and what they take. */
const stepMeters = (
  registers: Registry[],
): Pick<Meters, "tokens" | "queueSeconds" | "computeSeconds" | "batchSteps"> => ({
  tokens: new Counter({
    name: "cutlayer_tokens_total",
    help: "Tokens sampled at the edge",
    labelNames: ["model"],
    registers,
  }),
  queueSeconds: new Histogram({
    name: "cutlayer_queue_seconds",
    help: "Time of a step at the edge beside its computing",
    buckets: SECONDS,
    registers,
  }),
  computeSeconds: new Histogram({
    name: "cutlayer_compute_seconds",
    help: "Computing time of a step, of shared passes all of it",
    labelNames: ["model"],
    buckets: SECONDS,
    registers,
  }),
  batchSteps: new Histogram({
    name: "cutlayer_batch_steps",
    help: "Steps that shared a pass over the weights, of each step",
    buckets: [1, 2, 4, 8, 16, 32, 64, 128],
    registers,
  }),
});

export function reportLevels({ registry }: Meters, levels: Levels): void {
  const gauge = (name: string, help: string, read: () => number): void => {
    const registered: Gauge = new Gauge({ name, help, registers: [registry], collect: () => registered.set(read()) });
  };
  gauge("cutlayer_sessions", "Sessions and API requests holding a segment", () => levels.sessions());
  gauge("cutlayer_queue_depth", "Steps waiting for their turn", () => levels.queueDepth());
  gauge("cutlayer_kv_reserved_bytes", "KV cache reserved by open sessions", () => levels.kvReservedBytes());
  gauge("cutlayer_commons_cut_off", "1 while what is shared with other servers is out of reach", () =>
    levels.cutOff() ? 1 : 0,
  );
  gauge("process_resident_memory_bytes", "Resident memory of the whole process", () => process.memoryUsage.rss());
}
