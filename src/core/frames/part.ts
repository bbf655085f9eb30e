/**
 * What the rows of the message table are made of. A part stands for one field of a message, or for
 * a few that only make sense together. It knows which places of the header they fill, what they
 * put into the payload, how both are read back, and what the page says of them.
 * A message is its parts, in the order of their payloads; a place that no part fills is zero.
 */
import { refuse, type Failure, type Result, ok } from "../run/failure.ts";
import { offsetOf, type FrameHeader } from "./frame-header.ts";
import type { PayloadReader, PayloadWriter } from "./payload.ts";

/** A place of the header that a part may fill. */
export type HeaderPlace = Exclude<keyof FrameHeader, "kind" | "wire" | "session" | "sequence">;

/** How the page reads a place: what the field is called there, and what its number means. */
export interface Slot {
  readonly place: HeaderPlace;
  readonly label: string;
  says(value: number, header: FrameHeader): string;
}

export type WritableHeader = { -readonly [P in keyof FrameHeader]: number };

export interface MessagePart<F extends object> {
  /** Of several parts joined: which. Left out of one that stands by itself. */
  readonly joined?: readonly MessagePart<object>[];
  /** Whoever reads it reads tokens of the text, or what the text might have been; left out where it holds none. */
  readonly tokens?: true;
  readonly slots: readonly Slot[];
  payloadBytes(fields: F): number;
  /** A field that its place cannot hold is found when the header is written. */
  write(fields: F, header: WritableHeader, payload: PayloadWriter): void;
  read(header: FrameHeader, payload: PayloadReader): Result<F>;
}

export type FieldsOf<P> = P extends MessagePart<infer F> ? F : never;

export function slot(place: HeaderPlace, label: string, says: Slot["says"]): Slot {
  return { place, label, says };
}

/** The fields of all these parts. */
export function parts<A extends object>(a: MessagePart<A>): MessagePart<A>;
export function parts<A extends object, B extends object>(a: MessagePart<A>, b: MessagePart<B>): MessagePart<A & B>;
export function parts<A extends object, B extends object, C extends object>(
  a: MessagePart<A>,
  b: MessagePart<B>,
  c: MessagePart<C>,
): MessagePart<A & B & C>;
export function parts<A extends object, B extends object, C extends object, D extends object>(
  a: MessagePart<A>,
  b: MessagePart<B>,
  c: MessagePart<C>,
  d: MessagePart<D>,
): MessagePart<A & B & C & D>;
export function parts<A extends object, B extends object, C extends object, D extends object, E extends object>(
  a: MessagePart<A>,
  b: MessagePart<B>,
  c: MessagePart<C>,
  d: MessagePart<D>,
  e: MessagePart<E>,
): MessagePart<A & B & C & D & E>;
export function parts(first: MessagePart<object>, ...others: readonly MessagePart<object>[]): MessagePart<object> {
  return others.reduce(both, first);
}

const both = <A extends object, B extends object>(a: MessagePart<A>, b: MessagePart<B>): MessagePart<A & B> => ({
  joined: [...(a.joined ?? [a]), ...(b.joined ?? [b])],
  slots: [...a.slots, ...b.slots],
  payloadBytes: (fields) => a.payloadBytes(fields) + b.payloadBytes(fields),
  write(fields, header, payload) {
    a.write(fields, header, payload);
    b.write(fields, header, payload);
  },
  read(header, payload) {
    const first = a.read(header, payload);
    if (!first.ok) return first;
    const second = b.read(header, payload);
    return second.ok ? ok({ ...first.value, ...second.value }) : second;
  },
});

export type Bad = { readonly ok: false; readonly failure: Failure };

/** What is wrong with a frame, and at which byte of it. */
export function bad(what: string, at: keyof FrameHeader | number): Bad {
  return refuse({ code: "bad-frame", what, offset: typeof at === "number" ? at : offsetOf(at) });
}

/** A payload that has not as much left as a part needs. */
export const short = (payload: PayloadReader, bytes: number, what: string): Bad | null =>
  payload.left >= bytes ? null : bad(`${what} take ${bytes} bytes of payload, there are ${payload.left}`, "count");

/** The name that stands for this number in a table of flags. */
export function flagNamed<T extends string>(table: Readonly<Record<T, number>>, value: number): T | null {
  for (const name in table) if (table[name] === value) return name;
  return null;
}
