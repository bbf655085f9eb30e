/**
 * The safetensors header: eight bytes of length, JSON, then the tensors' bytes. Read without
 * trusting it: every offset is checked against the file's size and the tensor's own shape, so a
 * truncated or lying file is refused here and nowhere later.
 * Source: huggingface/safetensors, "Format".
 */
import { ok, refuse, type Result } from "../run/failure.ts";
import type { StoredType } from "./architecture.ts";

export interface StoredTensor {
  readonly type: StoredType;
  readonly shape: readonly number[];
  /** From the beginning of the file. */
  readonly offset: number;
  readonly bytes: number;
}

const STORED_BYTES: Readonly<Record<StoredType, number>> = { F32: 4, F16: 2, BF16: 2 };
const PREFIX_BYTES = 8;
/** The format's own bound on the header. */
const MAX_HEADER_BYTES = 100_000_000;

/** Bytes to read from the file's start before `readSafetensors` can: prefix and header. */
export function headerLength(model: string, file: string, prefix: Uint8Array, fileBytes: number): Result<number> {
  if (prefix.length < PREFIX_BYTES)
    return broken(model, file, `it has ${prefix.length} bytes, fewer than the ${PREFIX_BYTES} of a safetensors prefix`);
  const length = Number(new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true));
  const total = PREFIX_BYTES + length;
  if (length > MAX_HEADER_BYTES || total > fileBytes)
    return broken(model, file, `its header claims ${length} bytes, the file has ${fileBytes}`);
  return ok(total);
}

/**
 * The tensors of a file whose first `headerLength` bytes are given. Types other than F32, F16 and
 * BF16 are refused when a tensor that is used has one: here they are left out.
 */
export function readSafetensors(
  model: string,
  file: string,
  head: Uint8Array,
  fileBytes: number,
): Result<ReadonlyMap<string, StoredTensor>> {
  const length = headerLength(model, file, head, fileBytes);
  if (!length.ok) return length;
  const json = parseJson(head.subarray(PREFIX_BYTES, length.value));
  if (json === null) return broken(model, file, "its header is not a JSON object");
  const tensors = new Map<string, StoredTensor>();
  for (const [name, entry] of Object.entries(json)) {
    if (name === "__metadata__") continue;
    const tensor = readEntry(entry, length.value, fileBytes);
    if (typeof tensor === "string") return broken(model, file, `tensor ${name} ${tensor}`);
    if (tensor !== null) tensors.set(name, tensor);
  }
  return ok(tensors);
}

/** The tensor, what is wrong with it, or null for a type we have no use for. */
function readEntry(entry: unknown, dataStart: number, fileBytes: number): StoredTensor | string | null {
  const {
    dtype,
    shape,
    data_offsets: offsets,
  } = (entry ?? {}) as { dtype?: unknown; shape?: unknown; data_offsets?: unknown };
  if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) return "has no shape or no offsets";
  const [begin = 0, end = 0] = offsets;
  if (end < begin || dataStart + end > fileBytes) return `ends at byte ${dataStart + end}, the file at ${fileBytes}`;
  if (dtype !== "F32" && dtype !== "F16" && dtype !== "BF16") return null;
  const expected = shape.reduce((product, size) => product * size, STORED_BYTES[dtype]);
  if (end - begin !== expected)
    return `has ${end - begin} bytes where shape [${shape.join(", ")}] in ${dtype} needs ${expected}`;
  return { type: dtype, shape, offset: dataStart + begin, bytes: end - begin };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);

const broken = (model: string, file: string, what: string): Result<never> =>
  refuse({ code: "model-broken", model, file, what });

function parseJson(utf8: Uint8Array): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(decodeUtf8(utf8));
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** UTF-8 without TextDecoder, which belongs to hosts. Throws URIError on what is none. */
function decodeUtf8(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += 8192)
    pieces.push(Array.from(bytes.subarray(at, at + 8192), percent).join(""));
  return decodeURIComponent(pieces.join(""));
}

const percent = (byte: number): string => `%${byte.toString(16).padStart(2, "0")}`;
