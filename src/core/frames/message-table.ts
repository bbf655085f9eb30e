/**
 * The message table: one row a kind of message between two tiers, with its number, its fields and
 * where they lie, and what a session must be for it. Types of messages, encoding, parsing, the
 * edge's checks, the page's view of a frame and the property tests all follow from the rows, so a
 * new kind is a row here and a handler where it is answered. Of a kind that answers, the row also
 * says what the device takes from it.
 * Kinds that go up are below 0x80, kinds that come down above: a header says its own direction.
 */
import { ok, type Result } from "../run/failure.ts";
import type { FrameHeader } from "./frame-header.ts";
import * as down from "./down-parts.ts";
import type { Need, NeedOf } from "./needs.ts";
import { parts, type WritableHeader, type MessagePart, type Slot } from "./part.ts";
import type { PayloadReader, PayloadWriter } from "./payload.ts";
import * as up from "./up-parts.ts";

/**
 * A message by its kind; answers carry the `sequence` of what they answer. `session` is a number
 * that is local to the socket, left out for the session that the socket's hello opened.
 */
type Named<K extends string> = { readonly kind: K; readonly sequence: number; readonly session?: number };

export interface MessageRow<M extends Named<string>> {
  readonly kind: string;
  readonly code: number;
  readonly parts: readonly MessagePart<object>[];
  readonly slots: readonly Slot[];
  readonly needs: readonly Need[];
  payloadBytes(message: M): number;
  write(message: M, header: WritableHeader, payload: PayloadWriter): void;
  read(header: FrameHeader, payload: PayloadReader): Result<M>;
}

function row<K extends string, F extends object>(
  code: number,
  kind: K,
  fields: MessagePart<F>,
  ...needs: readonly NeedOf<F>[]
): MessageRow<Named<K> & F> & { readonly kind: K } {
  return {
    kind,
    code,
    parts: fields.joined ?? [fields],
    slots: fields.slots,
    needs,
    payloadBytes: (message) => fields.payloadBytes(message),
    write: (message, header, payload) => fields.write(message, header, payload),
    read(header, payload) {
      const read = fields.read(header, payload);
      const { sequence, session } = header;
      return read.ok ? ok({ kind, sequence, ...(session === 0 ? {} : { session }), ...read.value }) : read;
    },
  };
}

/** What the device that asked takes from an answer. */
interface Taken<F> {
  /** Positions that the edge held when it sent this; null where the answer does not tell. */
  held(answer: F): number | null;
  /** Tokens of the text that the device has by it. */
  tokens(answer: F): number;
  /** Equal for two answers that say the same: times and payloads are left out. */
  says(answer: F): string;
}

type AnswerRow<M extends Named<string>> = MessageRow<M> & Taken<M>;

const answer = <K extends string, F extends object>(
  code: number,
  kind: K,
  fields: MessagePart<F>,
  taken: Taken<NoInfer<F>>,
): AnswerRow<Named<K> & F> & { readonly kind: K } => ({ ...row(code, kind, fields), ...taken });

/** Of an answer that is neither text nor a step. */
const nothingTaken = (kind: string): Taken<object> => ({ held: () => null, tokens: () => 0, says: () => kind });

/** Device to edge. */
export const UP_ROWS = [
  /** Smashed data; answered by `token`, `activations` or `done`. */
  row(0x01, "activations", parts(up.want, up.position, up.weights, up.smashed), "weights", "smashed", "want", "room"),
  /** Token ids in, up to `generate` tokens streamed back, one `token` each (0: just fill the cache, answered by `done`). */
  row(
    0x02,
    "generate",
    parts(up.position, up.weights, up.generate, up.tokenIds),
    "weights",
    "whole-model",
    "sampling-to-generate",
    "ids",
    "room",
  ),
  /** Teacher-force `ids` from position 0 through the unsplit graph in a session of its own; answered by `verdicts`. */
  row(0x03, "check", parts(up.weights, up.judgedIds), "weights", "sampling", "ids", "reference"),
  /** The same text scored: what might have been said in place of each judged id; answered by `candidates`. */
  row(0x0c, "candidates", parts(up.weights, up.judgedIds), "weights", "sampling", "ids", "reference"),
  /** Teacher-force smashed data whose next ids are `targets`; answered by `log-probs`. */
  row(
    0x04,
    "score",
    parts(up.position, up.weights, up.targets),
    "weights",
    "smashed",
    "head",
    "ids",
    "scores-at-once",
    "room",
  ),
  /** Ends a `generate` under way; answered by `done`. */
  row(0x05, "stop", up.bare),
  /** For the link's own probe: echoed at once, outside the queue, by `pong`. */
  row(0x06, "ping", up.echo),
  /**
   * A drafted window, judged by the session's rule; answered by `verified`. Where the segment begins
   * at a cut the payload begins with the activations of all its ids; the rule's evidence follows.
   * One that `follows` was drafted behind the window before it, and is dropped unless that stood in whole.
   */
  row(
    0x07,
    "verify",
    parts(up.follows, up.position, up.weights, up.window),
    "weights",
    "head",
    "sampling",
    "ids",
    "window",
    "room",
  ),
  /**
   * The cut moves: `prepare` opens the session's segment with these blocks beside the present one,
   * `commit` puts it in its place with the caches of its blocks up to `position`. Asked again,
   * either does nothing more. Answered by `done` with the positions that the session holds.
   */
  row(0x08, "move", parts(up.phase, up.position, up.segmentBlocks), "move"),
  /** Keys and values of blocks that join what was prepared. Answered by `done`. */
  row(0x09, "kv", parts(up.position, up.someBlocks, up.keysAndValues), "movable", "room"),
  /** Smashed data through the blocks that join, for their caches alone. Answered by `done`. */
  row(0x0a, "rebuild", parts(up.position, up.weights, up.smashed), "weights", "movable", "smashed", "room"),
  /** Asks for keys and values that the session holds; answered by `kv`. */
  row(0x0b, "fetch", parts(up.position, up.someBlocks, up.asked), "movable", "held-blocks", "room"),
] as const;

/** Edge to device. */
export const DOWN_ROWS = [
  /** The sampled token of `position`; `finish` says why it is a stream's last, where it is. */
  answer(0x81, "token", parts(up.position, down.sampled, down.timing, down.further), {
    held: ({ position }) => position,
    tokens: () => 1,
    says: ({ id, position }) => `token ${id} at ${position}`,
  }),
  /** Activations for what comes behind the edge's segment: the device makes a token of the last. */
  answer(0x82, "activations", parts(up.position, up.smashed, down.timing), {
    held: ({ position, count }) => position + count,
    tokens: () => 1,
    says: ({ position, count }) => `${count} positions at ${position}`,
  }),
  answer(0x83, "log-probs", parts(up.position, down.scores, down.timing), {
    held: ({ position, values }) => position + values.length,
    tokens: () => 0,
    says: () => "log-probs",
  }),
  answer(0x84, "verdicts", parts(down.verdicts, down.timing), nothingTaken("verdicts")),
  answer(0x8b, "candidates", parts(down.candidates, down.timing), nothingTaken("candidates")),
  answer(0x85, "done", parts(up.position, down.timing, down.further), {
    held: ({ position }) => position,
    tokens: () => 0,
    says: () => "done",
  }),
  answer(0x86, "pong", down.byteCounts, nothingTaken("pong")),
  answer(0x87, "failure", down.failed, nothingTaken("failure")),
  /** `position` is that of the token after those that stand; of a dropped window, where the session stands. */
  answer(0x88, "verified", parts(up.position, down.verdict, down.timing), {
    held: ({ position }) => position,
    tokens: ({ accepted, dropped }) => (dropped ? 0 : accepted + 1),
    says: ({ accepted, next, dropped, position }) =>
      dropped ? "dropped" : `${accepted} stand, then ${String(next)} at ${position}`,
  }),
  /** One round of a session that drafts at the edge, in a stream of them. */
  answer(0x89, "round", parts(up.position, down.round, down.timing), {
    held: ({ position, accepted }) => position + accepted,
    tokens: ({ accepted, next }) => accepted + (next === null ? 0 : 1),
    says: ({ drafted, accepted, next }) => `${drafted.join(" ")}: ${accepted} stand, then ${String(next)}`,
  }),
  /** What a `fetch` asked for, in the same order as in a `kv` that goes up. */
  answer(0x8a, "kv", parts(up.position, up.keysAndValues, down.timing), nothingTaken("kv")),
] as const;

type MessageOf<R> = R extends MessageRow<infer M> ? { readonly [P in keyof M]: M[P] } : never;

export type UpMessage = MessageOf<(typeof UP_ROWS)[number]>;
export type DownMessage = MessageOf<(typeof DOWN_ROWS)[number]>;

const ANSWERS: readonly AnswerRow<DownMessage>[] = DOWN_ROWS;

/** What the device takes from this answer. */
export const takenFrom = (message: DownMessage): Taken<DownMessage> => rowOf(ANSWERS, message);

/** The row of a message's kind: there is one for every message that was decoded, or compiles. */
export function rowOf<R extends { readonly kind: string }>(rows: readonly R[], { kind }: Named<string>): R {
  const row = rows.find((each) => each.kind === kind);
  if (row === undefined) throw new Error(`No row for a message of kind ${kind}`);
  return row;
}

/** Kind and direction of a message by its number; null where this version knows none. */
export function kindOf(code: number): { readonly kind: string; readonly direction: "up" | "down" } | null {
  const up = UP_ROWS.find((each) => each.code === code);
  const found = up ?? DOWN_ROWS.find((each) => each.code === code);
  return found === undefined ? null : { kind: found.kind, direction: up === undefined ? "down" : "up" };
}

/** The two texts before the first frame: versions, a model, a segment and settings, and nothing of the text. */
export const HANDSHAKE = "handshake";

/** Whether messages of this kind hold tokens of the text; one that this version does not know may. */
export function holdsTokens(direction: "up" | "down", kind: string): boolean {
  const rows: readonly { readonly kind: string; readonly parts: readonly MessagePart<object>[] }[] =
    direction === "up" ? UP_ROWS : DOWN_ROWS;
  if (kind === HANDSHAKE) return false;
  return rows.find((row) => row.kind === kind)?.parts.some(({ tokens }) => tokens === true) ?? true;
}

/** The number of a kind that goes up. */
export const upCode = (kind: UpMessage["kind"]): number => UP_ROWS.find((each) => each.kind === kind)?.code ?? 0;
/** The number of a kind that comes down. */
export const downCode = (kind: DownMessage["kind"]): number => DOWN_ROWS.find((each) => each.kind === kind)?.code ?? 0;
