/**
 * When requests arrive, and how long each is: from a file of real ones, or Poisson with a seed. A file is read
 * strictly, since a line that was skipped would be load that nobody measured.
 *
 * Two headers are known. `TIMESTAMP,ContextTokens,GeneratedTokens` is that of the Azure public data set of LLM
 * inference (Patel et al., Splitwise, ISCA 2024), its times as `2023-11-16 18:17:03.9799600`;
 * `seconds,prompt_tokens,answer_tokens` is the same with times since any beginning.
 */
import { ok, refuse, type Result } from "#core/run/failure.ts";
import { seededRandom } from "#core/link/random.ts";

export interface Arrival {
  /** Since the beginning. */
  readonly atMs: number;
  readonly promptTokens: number;
  readonly answerTokens: number;
}

/** Milliseconds, or null for what is no time. */
type ReadTime = (text: string) => number | null;

const HEADERS: Readonly<Record<string, ReadTime>> = {
  "TIMESTAMP,ContextTokens,GeneratedTokens": readTimestamp,
  "seconds,prompt_tokens,answer_tokens": (text) => (/^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) * 1000 : null),
};

const TOKENS_MOST = 10_000_000;

/** Every arrival of the file, the first at 0. Refuses with `bad-value`, whose value names the line. */
export function readArrivals(text: string): Result<readonly Arrival[]> {
  const lines = text.replace(/\r?\n$/, "").split(/\r?\n/);
  const header = (lines[0] ?? "").replace(/^\uFEFF/, "");
  const readTime = Object.hasOwn(HEADERS, header) ? HEADERS[header] : undefined;
  if (readTime === undefined) return wrong(1, header.slice(0, 80), `the header ${Object.keys(HEADERS).join(" or ")}`);
  const arrivals: Arrival[] = [];
  let firstMs: number | null = null;
  for (const [index, line] of lines.slice(1).entries()) {
    const read = readLine(line, readTime);
    if (typeof read === "string") return wrong(index + 2, line.slice(0, 80), read);
    firstMs ??= read.atMs;
    const atMs = read.atMs - firstMs;
    if (atMs < (arrivals.at(-1)?.atMs ?? 0))
      return wrong(index + 2, line.slice(0, 80), "a time that is not before the line above: sort the file by time");
    arrivals.push({ ...read, atMs });
  }
  return arrivals.length === 0 ? wrong(2, "nothing", "at least one arrival below the header") : ok(arrivals);
}

/** The arrival, or what was expected in place of the line. */
function readLine(line: string, readTime: ReadTime): Arrival | string {
  const fields = line.split(",");
  const [time = "", prompt = "", answer = ""] = fields;
  if (fields.length !== 3) return `three fields, not ${fields.length}`;
  const atMs = readTime(time);
  if (atMs === null) return "a time first, as the header has it";
  const [promptTokens, answerTokens] = [tokensOf(prompt), tokensOf(answer)];
  if (promptTokens === null) return `a prompt's tokens second, 1 to ${TOKENS_MOST}`;
  if (answerTokens === null) return `an answer's tokens third, 1 to ${TOKENS_MOST}`;
  return { atMs, promptTokens, answerTokens };
}

function tokensOf(text: string): number | null {
  const value = /^\d{1,8}$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= TOKENS_MOST ? value : null;
}

/** `2023-11-16 18:17:03.9799600`, UTC. */
function readTimestamp(text: string): number | null {
  const [, day, time, fraction] = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d{1,9})?$/.exec(text) ?? [];
  if (day === undefined || time === undefined) return null;
  const ms = Date.parse(`${day}T${time}Z`);
  return Number.isNaN(ms) ? null : ms + Number(`0${fraction ?? ""}`) * 1000;
}

const wrong = (line: number, value: string, expected: string): Result<never> =>
  refuse({ code: "bad-value", key: `arrivals, line ${line}`, value, expected });

/**
 * The first `durationMs` of them at their own pace; or, where a rate is given, the first so many that it is met,
 * stretched to that time, bursts and lulls alike. Refuses a rate that the file has not enough arrivals for.
 */
export function paced(
  arrivals: readonly Arrival[],
  durationMs: number,
  perSecond: number | null,
): Result<readonly Arrival[]> {
  if (perSecond === null) return ok(arrivals.filter(({ atMs }) => atMs < durationMs));
  const count = Math.max(1, Math.round((perSecond * durationMs) / 1000));
  const end = arrivals[count];
  if (end === undefined || end.atMs === 0)
    return refuse({
      code: "bad-value",
      key: "rate",
      value: String(perSecond),
      expected: `fewer than ${arrivals.length} requests in ${durationMs / 1000} seconds: the file of arrivals has no more`,
    });
  return ok(arrivals.slice(0, count).map((each) => ({ ...each, atMs: (each.atMs / end.atMs) * durationMs })));
}

export interface PoissonParts {
  readonly perSecond: number;
  readonly durationMs: number;
  readonly seed: number;
  /** Each arrival has one of these lengths, all equally often. */
  readonly sizes: readonly Pick<Arrival, "promptTokens" | "answerTokens">[];
}

/** Independent arrivals at this rate: exponential times between them. The same seed gives the same. */
export function poissonArrivals({ perSecond, durationMs, seed, sizes }: PoissonParts): readonly Arrival[] {
  const random = seededRandom(seed);
  const arrivals: Arrival[] = [];
  for (let atMs = next(random, perSecond); atMs < durationMs; atMs += next(random, perSecond)) {
    const size = sizes[Math.floor(random() * sizes.length)];
    if (size !== undefined) arrivals.push({ ...size, atMs });
  }
  return arrivals;
}

const next = (random: () => number, perSecond: number): number => (-Math.log(1 - random()) / perSecond) * 1000;
