/**
 * The long way to write where a run goes: every hop in order, the device first, each by the block
 * at which it ends. As text `4,8@http://edge:8080/f16,12@http://second:8081` says: blocks up to 4 on
 * the device, up to 8 at the first edge server with float16 on the way to it, the others at a
 * second one. `cut`, `edge` and `codec` are the short way, for one edge server.
 */
import { factsOf } from "../../strategies/table.ts";
import { MODES, type PathStop, type RunConfig } from "../config.ts";
import { ok, refuse, type Failure, type Result } from "../failure.ts";
import { isRecord } from "../../schema/json.ts";
import type { Reader } from "../../schema/read.ts";
import { mustBeKnown } from "./known-keys.ts";

const STOP = /^(\d+)(?:@(\w+:\/\/[^/]+)(?:\/(.+))?)?$/;

/** Text to what the schema knows; what is none of either is left for it to refuse. */
export const preparePath: Reader<unknown> = (value, path) => {
  const listed: unknown = typeof value === "string" ? value.split(",") : value;
  if (!Array.isArray(listed)) return value;
  const stops = listed.map((entry: unknown) => (typeof entry === "string" ? stopIn(entry) : shapedStop(entry, path)));
  return stops.includes(null) ? value : stops;
};

/** Null where the text is no stop. */
function stopIn(text: string): unknown {
  const [, to, endpoint, codec] = STOP.exec(text.trim()) ?? [];
  return to === undefined ? null : stopOf(Number(to), endpoint, codec);
}

function shapedStop(entry: unknown, path: string): unknown {
  if (!isRecord(entry)) return entry;
  mustBeKnown(entry, ["to", "endpoint", "codec"], path);
  return stopOf(entry["to"], entry["endpoint"], entry["codec"]);
}

const stopOf = (to: unknown, endpoint: unknown, codec: unknown): unknown => ({
  to,
  ...(endpoint === undefined ? {} : { endpoint }),
  ...(codec === undefined ? {} : { codec }),
});

export const writePath = (stops: readonly PathStop[]): string =>
  stops
    .map(({ to, endpoint, codec }) =>
      endpoint === undefined ? String(to) : `${to}@${endpoint}${codec === undefined ? "" : `/${codec}`}`,
    )
    .join(",");

/** What the short keys say of a path's first two hops: they may be given too, and must then say the same. */
export function alignPath(config: RunConfig, given: Readonly<Record<string, unknown>>): Result<RunConfig> {
  const [device, edge] = config.path ?? [];
  if (device === undefined || edge === undefined) return ok(config);
  const { endpoint, codec = config.codec } = edge;
  const aligned: RunConfig = {
    ...config,
    cut: device.to,
    codec,
    ...(endpoint === undefined ? {} : { edge: endpoint }),
  };
  const other = (["cut", "codec", "edge"] as const).find((key) => key in given && config[key] !== aligned[key]);
  const conflict = pathConflict(aligned);
  if (conflict !== null) return refuse(conflict);
  return other === undefined
    ? ok(aligned)
    : refuse({ code: "keys-conflict", keys: ["path", other], why: "they say different things of the same hop" });
}

function pathConflict({ mode, moves, clients }: RunConfig): Failure | null {
  if (!factsOf(mode).chains)
    return {
      code: "keys-conflict",
      keys: ["path", "mode"],
      why: `only under mode=${MODES.filter((each) => factsOf(each).chains).join(" or ")} does a path go on behind an edge server`,
    };
  if (moves !== undefined)
    return { code: "keys-conflict", keys: ["path", "moves"], why: "the cut of a path of several hops does not move" };
  if (clients > 1)
    return { code: "keys-conflict", keys: ["path", "clients"], why: "simulated devices repeat one cut's messages" };
  return null;
}
