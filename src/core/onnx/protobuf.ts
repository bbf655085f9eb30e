/**
 * The protobuf wire format, writing only: the handful of field kinds that an ONNX model needs.
 * A message is a list of byte runs that is joined once, at the end.
 * Source: protobuf.dev, "Encoding".
 */

import { joined } from "../frames/joined.ts";

export type Bytes = Uint8Array;

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** A non-negative integer below 2^53, seven bits a byte, least significant first. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return bytes;
}

/** Negative int64 as ten bytes of two's complement; protobuf has no shorter form for it. */
function int64(value: number): number[] {
  if (value >= 0) return varint(value);
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return bytes;
}

const tag = (field: number, wireType: number): number[] => varint(field * 8 + wireType);

export const intField = (field: number, value: number): Bytes =>
  Uint8Array.from([...tag(field, VARINT), ...int64(value)]);

export function floatField(field: number, value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return Uint8Array.from([...tag(field, FIXED32), ...bytes]);
}

export function bytesField(field: number, value: Bytes): Bytes {
  return joined([Uint8Array.from([...tag(field, LENGTH_DELIMITED), ...varint(value.length)]), value]);
}

export const textField = (field: number, value: string): Bytes => bytesField(field, utf8(value));
export const messageField = (field: number, parts: readonly Bytes[]): Bytes => bytesField(field, joined(parts));

/** Repeated int64, packed. */
export const intsField = (field: number, values: readonly number[]): Bytes =>
  bytesField(field, Uint8Array.from(values.flatMap(int64)));

/** UTF-8 without TextEncoder, which belongs to hosts. */
function utf8(text: string): Bytes {
  const escaped = encodeURIComponent(text).replaceAll(/%([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Uint8Array.from(escaped, (character) => character.charCodeAt(0));
}
