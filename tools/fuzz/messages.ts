/**
 * Messages that a device might send, made from the rows of the message table: each part of a row fills its fields,
 * either with anything that the frame can carry, or with what this very session would take. A part that joins
 * `up-parts.ts` without a row here does not compile, and a new kind of message is made without one more line.
 */
import { UP_ROWS, type UpMessage } from "#core/frames/message-table.ts";
import type { FieldsOf, MessagePart } from "#core/frames/part.ts";
import * as up from "#core/frames/up-parts.ts";
import type { Chance } from "./chance.ts";

/** What a session is, as far as its messages have to fit it. */
export interface SessionFacts {
  readonly vocabulary: number;
  readonly hidden: number;
  readonly blocks: number;
  /** Of one block and position. */
  readonly kvBytes: number;
  readonly capacity: number;
  readonly from: number;
  readonly to: number;
  readonly embedding: boolean;
  /** Of a drafted token's evidence under the session's rule. */
  readonly evidenceBytes: number;
}

/** `facts` is null for fields that no session has to take. */
type Fill<F> = (chance: Chance, facts: SessionFacts | null) => F;

type Fills = {
  readonly [N in keyof typeof up as (typeof up)[N] extends MessagePart<infer _> ? N : never]: Fill<
    FieldsOf<(typeof up)[N]>
  >;
};

const POSITION_MOST = 2 ** 31 - 1;
/** Positions of one message at most. */
const COUNT_MOST = 6;

function ids(chance: Chance, facts: SessionFacts | null, count: number): Uint32Array {
  return Uint32Array.from({ length: count }, () => (facts === null ? chance.u32() : chance.below(facts.vocabulary)));
}

const counted = (chance: Chance): number => chance.between(1, COUNT_MOST);

const smashed: Fills["smashed"] = (chance, facts) => {
  const count = counted(chance);
  return { count, payload: floats(chance, count * (facts?.hidden ?? chance.between(1, 16))) };
};

/** Numbers of any size, NaN and infinities among them: four bytes each. */
function floats(chance: Chance, count: number): Uint8Array {
  if (chance.of(0.3)) return chance.bytes(count * 4);
  const scale = chance.one([0, 1e-3, 1, 1e4, 1e38]);
  const values = Float32Array.from({ length: count }, () => (chance.below(2001) / 1000 - 1) * scale);
  return new Uint8Array(values.buffer);
}

function blockRange(chance: Chance, facts: SessionFacts | null): { readonly from: number; readonly to: number } {
  if (facts === null) return { from: chance.below(99), to: chance.between(99, 1000) };
  const from = chance.between(facts.from, Math.max(facts.from, facts.to - 1));
  return { from, to: chance.between(Math.min(from + 1, facts.to), facts.to) };
}

const FILLS: Fills = {
  position: (chance, facts) => ({
    position:
      facts === null
        ? Math.min(POSITION_MOST - 64, chance.u32())
        : chance.of(0.6)
          ? chance.below(4)
          : chance.below(facts.capacity),
  }),
  weights: (chance, facts) =>
    facts !== null || chance.of(0.5) ? {} : { adapter: chance.between(1, 255), version: chance.between(1, 65_535) },
  want: (chance) => ({ want: chance.one(["none", "last", "all"]) }),
  phase: (chance) => ({ phase: chance.one(["prepare", "commit"]) }),
  follows: (chance) => ({ follows: chance.of(0.5) }),
  smashed,
  keysAndValues: smashed,
  asked: (chance) => ({ count: counted(chance) }),
  segmentBlocks: (chance, facts) =>
    facts === null ? blockRange(chance, null) : { from: chance.between(0, facts.to), to: facts.to },
  someBlocks: blockRange,
  tokenIds: (chance, facts) => ({ ids: ids(chance, facts, counted(chance)) }),
  generate: (chance, facts) => ({ generate: facts === null ? chance.u32() : chance.below(5) }),
  judgedIds: (chance, facts) => {
    const count = chance.between(2, COUNT_MOST);
    return { ids: ids(chance, facts, count), judged: chance.between(1, count - 1) };
  },
  targets: (chance, facts) => {
    const { count, payload } = smashed(chance, facts);
    return { targets: ids(chance, facts, count), payload };
  },
  window: (chance, facts) => {
    const count = counted(chance);
    const drafted = chance.below(count);
    const activations = facts === null || facts.embedding ? 0 : count * facts.hidden;
    const evidence = chance.bytes(drafted * (facts?.evidenceBytes ?? 4));
    const payload = Uint8Array.from([...floats(chance, activations), ...evidence]);
    return { ids: ids(chance, facts, count), drafted, payload };
  },
  echo: (chance) => ({ payload: chance.bytes(chance.below(40)) }),
  bare: () => ({}),
};

const FILL_OF: ReadonlyMap<object, Fill<object>> = new Map(
  Object.entries(up).flatMap(([name, part]) => {
    const fill: Fill<object> | undefined = Object.hasOwn(FILLS, name) ? FILLS[name as keyof Fills] : undefined;
    return fill === undefined ? [] : [[part, fill] as const];
  }),
);

/** A message of any kind. With facts it fits that session in every field, though it may come at a wrong time. */
export function messageOf(chance: Chance, facts: SessionFacts | null): UpMessage {
  const row = chance.one<(typeof UP_ROWS)[number]>(UP_ROWS);
  const fields = row.parts.map((part) => FILL_OF.get(part)?.(chance, facts) ?? {});
  const session = facts === null && chance.of(0.2) ? { session: chance.between(1, 65_535) } : {};
  const sequence = chance.of(0.9) ? chance.below(1000) : chance.u32();
  const message = Object.assign({ kind: row.kind, sequence }, session, ...fields) as UpMessage;
  return facts === null || message.kind !== "kv"
    ? message
    : { ...message, payload: floats(chance, ((message.to - message.from) * message.count * facts.kvBytes) / 4) };
}
