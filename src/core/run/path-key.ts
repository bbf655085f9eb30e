/**
 * The long way to write where a run goes: every hop in order, the device first, each by the block
 * at which it ends. As text `4,8@http://edge:8080/f16,12@http://second:8081` says: blocks up to 4 on
 * the device, up to 8 at the first edge server with float16 on the way to it, the others at a
 * second one. `cut`, `edge` and `codec` are the short way, for one edge server.
 */
import { factsOf } from "../strategies/table.ts";
import { codecNamed } from "../codec/registry.ts";
import { MODES, type PathStop, type RunConfig } from "./config.ts";
import { ok, refuse, unwrap, type Failure, type Result } from "./failure.ts";
import { isRecord, text, unfit, type Reader } from "./json-reader.ts";

const EXPECTED =
  "hops in order, each by the block at which it ends, those behind the device with an edge server's URL and perhaps a codec, as in 4,8@http://edge:8080/f16,12@http://second:8081";
const URL_PATTERN = /^(https?|wss?):\/\/[^\s/?#,@]+$/i;
const STOP_PATTERN = /^(\d+)(?:@((?:https?|wss?):\/\/[^\s/?#,@]+)(?:\/([^\s/?#,@]+))?)?$/i;
const HOPS_MOST = 8;

export const readPath: Reader<readonly PathStop[]> = (value, path) => {
  const listed: unknown = typeof value === "string" ? value.split(",") : value;
  if (!Array.isArray(listed) || listed.length < 2 || listed.length > HOPS_MOST) return unfit(path, value, EXPECTED);
  const stops = listed.map((entry: unknown) => readStop(entry, path));
  const grows = stops.every(({ to }, hop) => hop === 0 || to >= (stops[hop - 1]?.to ?? 0));
  const placed = stops.every(({ endpoint, codec }, hop) =>
    hop === 0 ? endpoint === undefined && codec === undefined : hop === 1 || endpoint !== undefined,
  );
  return grows && placed ? stops : unfit(path, value, EXPECTED);
};

function readStop(value: unknown, path: string): PathStop {
  const parts = typeof value === "string" ? STOP_PATTERN.exec(value.trim()) : null;
  if (parts !== null) return stopOf(Number(parts[1]), parts[2], parts[3], path);
  if (!isRecord(value)) return unfit(path, value, EXPECTED);
  const { to, endpoint, codec, ...others } = value;
  if (Object.keys(others).length > 0)
    return unfit(path, Object.keys(others)[0], "to, endpoint and codec, nothing else");
  return stopOf(to, endpoint, codec, path);
}

function stopOf(to: unknown, endpoint: unknown, codec: unknown, path: string): PathStop {
  if (typeof to !== "number" || !Number.isSafeInteger(to) || to < 0) return unfit(path, to, EXPECTED);
  if (endpoint !== undefined && !URL_PATTERN.test(text(endpoint, path))) return unfit(path, endpoint, EXPECTED);
  if (codec !== undefined) unwrap(codecNamed(text(codec, path)));
  return {
    to,
    ...(endpoint === undefined ? {} : { endpoint: text(endpoint, path) }),
    ...(codec === undefined ? {} : { codec: text(codec, path) }),
  };
}

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
