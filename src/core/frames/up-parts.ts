/** Parts of the messages that go up, and those that both directions have: what is asked, and about which positions. */
import { ok } from "../run/failure.ts";
import { MOVE_FLAGS, WANT_FLAGS, WINDOW_FLAGS } from "./frame-header.ts";
import { bad, flagNamed, short, slot, type Bad, type MessagePart, type Slot } from "./part.ts";

const nothing = (): number => 0;

/** Of the first position that the message is about. */
export const position: MessagePart<{ readonly position: number }> = {
  slots: [
    slot("position", "position", (value, { count }) =>
      count > 1 ? `positions ${value} to ${value + count - 1}` : `position ${value}`,
    ),
  ],
  payloadBytes: nothing,
  write(fields, header) {
    header.position = fields.position;
  },
  read: (header) => ok({ position: header.position }),
};

/**
 * The weights that a step is to be computed with: an adapter of the session by its number, left out
 * for the base model, and their version, left out where nothing is trained.
 */
export const weights: MessagePart<{ readonly adapter?: number; readonly version?: number }> = {
  slots: [
    slot("adapter", "adapter", (value) => (value === 0 ? "the base model" : `adapter ${value} of the session`)),
    slot("version", "version", (value) =>
      value === 0 ? "weights as they were loaded" : `weights after update ${value}`,
    ),
  ],
  payloadBytes: nothing,
  write({ adapter = 0, version = 0 }, header) {
    header.adapter = adapter;
    header.version = version;
  },
  read: ({ adapter, version }) => ok({ ...(adapter === 0 ? {} : { adapter }), ...(version === 0 ? {} : { version }) }),
};

/** Which positions of an answer are wanted. */
export type Want = keyof typeof WANT_FLAGS;
export const want: MessagePart<{ readonly want: Want }> = {
  slots: [slot("flags", "want", (value) => `answer wanted for: ${flagNamed(WANT_FLAGS, value) ?? "?"}`)],
  payloadBytes: nothing,
  write(fields, header) {
    header.flags = WANT_FLAGS[fields.want];
  },
  read({ flags }) {
    const named = flagNamed(WANT_FLAGS, flags);
    return named === null ? bad(`flags ${flags} name no positions to answer`, "flags") : ok({ want: named });
  },
};

export type MovePhase = keyof typeof MOVE_FLAGS;
export const phase: MessagePart<{ readonly phase: MovePhase }> = {
  slots: [
    slot("flags", "phase", (value) =>
      value === MOVE_FLAGS.commit ? "what was prepared takes over" : "prepare these blocks beside the present ones",
    ),
  ],
  payloadBytes: nothing,
  write(fields, header) {
    header.flags = MOVE_FLAGS[fields.phase];
  },
  read({ flags }) {
    const named = flagNamed(MOVE_FLAGS, flags);
    return named === null ? bad(`flags ${flags} name no part of a move`, "flags") : ok({ phase: named });
  },
};

/** Of a drafted window: whether it was drafted behind one that is still unanswered. */
export const follows: MessagePart<{ readonly follows: boolean }> = {
  slots: [
    slot("flags", "window", (value) =>
      value === WINDOW_FLAGS.follows
        ? "drafted behind a window that is unanswered"
        : "nothing it rests on is unanswered",
    ),
  ],
  payloadBytes: nothing,
  write(fields, header) {
    header.flags = fields.follows ? WINDOW_FLAGS.follows : WINDOW_FLAGS.first;
  },
  read({ flags }) {
    const named = flagNamed(WINDOW_FLAGS, flags);
    return named === null
      ? bad(`flags ${flags} name no kind of window`, "flags")
      : ok({ follows: named === "follows" });
  },
};

/** At least one position, each of the same number of bytes. */
function undivided(count: number, bytes: number): Bad | null {
  if (count === 0) return bad("no positions", "count");
  if (bytes === 0 || bytes % count !== 0)
    return bad(`${bytes} bytes of payload do not divide into ${count} positions`, "count");
  return null;
}

type Filled = { readonly count: number; readonly payload: Uint8Array };

/** Positions, and a payload that divides evenly among them. */
const filled = (says: Slot["says"]): MessagePart<Filled> => ({
  slots: [slot("count", "count", says)],
  payloadBytes: ({ payload }) => payload.byteLength,
  write({ count, payload }, header, writer) {
    header.count = count;
    writer.raw(payload);
  },
  read: ({ count }, payload) => undivided(count, payload.left) ?? ok({ count, payload: payload.rest() }),
});

/** Smashed data [count, hidden] in the session's codec. */
export const smashed = filled((count) => `${count} positions of activations in the payload`);
/** Keys and values, per block keys [kvHeads, count, headSize], then values, float32. */
export const keysAndValues = filled((count) => `keys and values of ${count} positions in the payload`);

/** Positions that are asked for; nothing travels with the question. */
export const asked: MessagePart<{ readonly count: number }> = {
  slots: [slot("count", "count", (count) => `keys and values of ${count} positions asked for`)],
  payloadBytes: nothing,
  write(fields, header) {
    header.count = fields.count;
  },
  read: ({ count }) => (count === 0 ? bad("no positions", "count") : ok({ count })),
};

type Blocks = { readonly from: number; readonly to: number };

const blockRange = (wrong: (fields: Blocks) => string | null): MessagePart<Blocks> => ({
  slots: [
    slot("first", "from", (value) => `from block ${value}`),
    slot("second", "to", (value) => `up to block ${value}, that one left out`),
  ],
  payloadBytes: nothing,
  write({ from, to }, header) {
    header.first = from;
    header.second = to;
  },
  read({ first: from, second: to }) {
    const what = wrong({ from, to });
    return what === null ? ok({ from, to }) : bad(what, "first");
  },
});

/** Blocks [from, to): what a segment is to hold, none where the device has them all. */
export const segmentBlocks = blockRange(({ from, to }) => (from > to ? `blocks ${from} to ${to}` : null));
/** Blocks [from, to), one at least. */
export const someBlocks = blockRange(({ from, to }) => (from >= to ? `no blocks from ${from} to ${to}` : null));

/** Token ids, one at least. */
export const tokenIds: MessagePart<{ readonly ids: Uint32Array }> = {
  tokens: true,
  slots: [slot("count", "count", (count) => `${count} token ids in the payload`)],
  payloadBytes: ({ ids }) => ids.length * 4,
  write({ ids }, header, payload) {
    header.count = ids.length;
    payload.u32(ids);
  },
  read: ({ count }, payload) =>
    count === 0
      ? bad("no token ids", "count")
      : (short(payload, count * 4, `${count} token ids`) ?? ok({ ids: payload.u32(count) })),
};

/** How many tokens are wanted back at most. */
export const generate: MessagePart<{ readonly generate: number }> = {
  slots: [
    slot("first", "generate", (most) => (most === 0 ? "fill the cache only" : `at most ${most} tokens wanted back`)),
  ],
  payloadBytes: nothing,
  write(fields, header) {
    header.first = fields.generate;
  },
  read: ({ first }) => ok({ generate: first }),
};

/** Token ids of which the last `judged` are to be judged. */
export const judgedIds: MessagePart<{ readonly ids: Uint32Array; readonly judged: number }> = {
  tokens: true,
  slots: [...tokenIds.slots, slot("first", "judged", (judged) => `the last ${judged} ids are judged`)],
  payloadBytes: ({ ids }) => ids.length * 4,
  write({ ids, judged }, header, payload) {
    header.first = judged;
    tokenIds.write({ ids }, header, payload);
  },
  read(header, payload) {
    const { count, first: judged } = header;
    if (judged === 0 || judged > count) return bad(`${judged} of ${count} ids cannot be judged`, "first");
    const read = tokenIds.read(header, payload);
    return read.ok ? ok({ ids: read.value.ids, judged }) : read;
  },
};

/** The next id of each position, then the smashed data of them all. */
export const targets: MessagePart<{ readonly targets: Uint32Array; readonly payload: Uint8Array }> = {
  tokens: true,
  slots: [slot("count", "count", (count) => `${count} targets and as many positions in the payload`)],
  payloadBytes: (fields) => fields.targets.length * 4 + fields.payload.byteLength,
  write(fields, header, payload) {
    header.count = fields.targets.length;
    payload.u32(fields.targets);
    payload.raw(fields.payload);
  },
  read: ({ count }, payload) =>
    short(payload, count * 4, `${count} targets`) ??
    undivided(count, payload.left - count * 4) ??
    ok({ targets: payload.u32(count), payload: payload.rest() }),
};

/**
 * A drafted window: ids, of which the last `drafted` are to be judged and one at least is certain.
 * The first rides in the header, so that one certain id costs the frame nothing.
 */
export const window: MessagePart<{
  readonly ids: Uint32Array;
  readonly drafted: number;
  readonly payload: Uint8Array;
}> = {
  tokens: true,
  slots: [
    slot("count", "count", (count) => `${count} token ids, the first of them in this header`),
    slot("first", "drafted", (drafted) => `the last ${drafted} ids are drafted`),
    slot("second", "id", (id) => `the id at the first position is ${id}`),
  ],
  payloadBytes: ({ ids, payload }) => (ids.length - 1) * 4 + payload.byteLength,
  write({ ids, drafted, payload }, header, writer) {
    header.count = ids.length;
    header.first = drafted;
    header.second = ids[0] ?? 0;
    writer.u32(ids.subarray(1));
    writer.raw(payload);
  },
  read({ count, first: drafted, second }, payload) {
    if (count === 0) return bad("no token ids", "count");
    if (drafted >= count) return bad(`${drafted} of ${count} ids drafted, where one at least is certain`, "first");
    const cut = short(payload, (count - 1) * 4, `${count - 1} token ids`);
    if (cut !== null) return cut;
    const ids = new Uint32Array(count);
    ids[0] = second;
    ids.set(payload.u32(count - 1), 1);
    return ok({ ids, drafted, payload: payload.rest() });
  },
};

/** Bytes that come back as they went. */
export const echo: MessagePart<{ readonly payload: Uint8Array }> = {
  slots: [],
  payloadBytes: ({ payload }) => payload.byteLength,
  write({ payload }, _, writer) {
    writer.raw(payload);
  },
  read: (_, payload) => ok({ payload: payload.rest() }),
};

/** A message that says nothing beside its kind. */
export const bare: MessagePart<object> = {
  slots: [],
  payloadBytes: nothing,
  write: () => undefined,
  read: () => ok({}),
};
