/**
 * The head of a GGUF file: what it says of the model, and where its tensors lie. Files are hostile input:
 * counts and lengths are believed only as far as there are bytes for them, and every tensor is checked
 * against the file's size. Versions 2 and 3, little-endian. Source: ggml-org/ggml, docs/gguf.md.
 */
import { fail, Failed } from "../../../run/failure.ts";
import { decodeUtf8 } from "../../utf8.ts";
import type { ModelFiles, StoredTensor } from "../format.ts";
import { failPointer, POINTER } from "../model-texts.ts";
import { tensorType, typeName } from "./types.ts";

/** A key's value: numbers of 64 bits as numbers where they are safe. */
export type Metadata = ReadonlyMap<string, unknown>;

export interface GgufHead {
  readonly metadata: Metadata;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Those of a type that is not read, with its name. */
  readonly unread: ReadonlyMap<string, string>;
}

const FIRST_BYTES = 1 << 20;
/** Far beyond the largest vocabularies: a head that claims more is refused. */
const MOST_HEAD_BYTES = 64 << 20;
const MOST_ITEMS = 4 << 20;

/** Throws Failed: model-broken, model-unsupported. */
export async function readHead(model: string, files: ModelFiles, file: string): Promise<GgufHead> {
  const size = await files.bytesOf(file);
  for (let length = FIRST_BYTES; ; length *= 4) {
    const bytes = await files.read(file, 0, Math.min(length, size));
    const head = parseHead(model, file, bytes, size);
    if (head !== null) return head;
    if (bytes.length === size || length >= MOST_HEAD_BYTES)
      return fail({
        code: "model-broken",
        model,
        file,
        what: `its head does not end within its ${bytes.length} bytes`,
      });
  }
}

/** Null where more than these first bytes are needed. Throws Failed: model-broken, model-unsupported. */
export function parseHead(model: string, file: string, bytes: Uint8Array, fileBytes: number): GgufHead | null {
  const broken = (what: string): never => fail({ code: "model-broken", model, file, what });
  try {
    return headOf(new Cursor(bytes), fileBytes, broken);
  } catch (thrown) {
    if (thrown instanceof OutOfBytes) return null;
    if (thrown instanceof Failed) throw thrown;
    if (thrown instanceof URIError) return broken("a text in its head is not UTF-8");
    if (thrown instanceof NotGguf)
      return thrown.pointer
        ? failPointer(model, file)
        : fail({
            code: "model-unsupported",
            model,
            what: `version of ${file}`,
            found: thrown.found,
            supported: "GGUF 2, GGUF 3",
          });
    throw thrown;
  }
}

class OutOfBytes extends Error {}
class NotGguf extends Error {
  readonly found: string;
  readonly pointer: boolean;
  constructor(found: string, pointer = false) {
    super(found);
    this.found = found;
    this.pointer = pointer;
  }
}

type Broken = (what: string) => never;

function headOf(cursor: Cursor, fileBytes: number, broken: Broken): GgufHead {
  readVersion(cursor);
  const [tensorCount, keyCount] = [cursor.u64(), cursor.u64()];
  const metadata = new Map<string, unknown>();
  for (let i = 0; i < keyCount; i++) {
    const key = cursor.text();
    if (metadata.has(key)) broken(`it says ${key} twice`);
    metadata.set(key, valueOf(cursor, cursor.u32(), 0, broken));
  }
  const infos = new Map<string, TensorInfo>();
  for (let i = 0; i < tensorCount; i++) {
    const name = cursor.text();
    if (infos.has(name)) broken(`it has tensor ${name} twice`);
    infos.set(name, infoOf(cursor, name, broken));
  }
  const alignment = metadata.get("general.alignment") ?? 32;
  if (typeof alignment !== "number" || !Number.isInteger(alignment) || alignment < 1 || alignment > 1 << 20)
    return broken(`its alignment is ${JSON.stringify(alignment)}`);
  const dataStart = Math.ceil(cursor.at / alignment) * alignment;
  const found = placed(infos, dataStart, fileBytes, broken);
  refuseOverlaps(found.tensors, alignment, dataStart, broken);
  return { metadata, ...found };
}

function readVersion(cursor: Cursor): void {
  const magic = cursor.ascii(4);
  if (magic !== "GGUF")
    throw new NotGguf(`no GGUF (it begins with ${JSON.stringify(magic)})`, POINTER.startsWith(magic));
  const version = cursor.u32();
  if (version === 1) throw new NotGguf("GGUF 1");
  if (version > 3) throw new NotGguf(version % 65_536 === 0 ? "big-endian GGUF" : `GGUF ${version}`);
}

interface TensorInfo {
  readonly shape: readonly number[]; // rows first
  readonly type: number;
  readonly offset: number;
}

/** A tensor's lengths stand the other way round: the fastest first. */
function infoOf(cursor: Cursor, name: string, broken: Broken): TensorInfo {
  const dimensions = cursor.u32();
  if (dimensions > 8) broken(`tensor ${name} has ${dimensions} dimensions`);
  const shape = Array.from({ length: dimensions }, () => cursor.u64()).toReversed();
  return { shape, type: cursor.u32(), offset: cursor.u64() };
}

function placed(
  infos: ReadonlyMap<string, TensorInfo>,
  dataStart: number,
  fileBytes: number,
  broken: Broken,
): Pick<GgufHead, "tensors" | "unread"> {
  const tensors = new Map<string, StoredTensor>();
  const unread = new Map<string, string>();
  for (const [name, { shape, type: number, offset: from }] of infos) {
    const type = tensorType(number);
    if (type === null) {
      unread.set(name, typeName(number));
      continue;
    }
    const count = shape.reduce((product, size) => product * size, 1);
    const { values, bytes: blockBytes } =
      "encoding" in type ? type.encoding : { values: type.values, bytes: type.size };
    const stored = (count / values) * blockBytes;
    const offset = dataStart + from;
    if ((shape.at(-1) ?? 1) % values !== 0 || !Number.isSafeInteger(stored) || !Number.isSafeInteger(offset))
      broken(`tensor ${name} of shape [${shape.join(", ")}] is no whole number of ${typeName(number)} blocks`);
    if (offset + stored > fileBytes) broken(`tensor ${name} ends at byte ${offset + stored}, the file at ${fileBytes}`);
    tensors.set(
      name,
      "encoding" in type
        ? { type: "F32", shape, offset, bytes: 4 * count, encoding: type.encoding }
        : { type: type.stored, shape, offset, bytes: stored },
    );
  }
  return { tensors, unread };
}

/** Two tensors of the same bytes, or one between the places where tensors begin, is a lying offset. */
function refuseOverlaps(tensors: GgufHead["tensors"], alignment: number, dataStart: number, broken: Broken): void {
  let end = dataStart;
  for (const [name, tensor] of [...tensors].toSorted(([, one], [, other]) => one.offset - other.offset)) {
    if (tensor.offset < end || tensor.offset % alignment !== 0)
      broken(`tensor ${name} lies at byte ${tensor.offset}, where it cannot`);
    end = tensor.offset + storedBytes(tensor);
  }
}

const storedBytes = ({ bytes, encoding }: StoredTensor): number =>
  encoding === undefined ? bytes : (bytes / 4 / encoding.values) * encoding.bytes;

const ARRAY = 9;

/** Lists within lists are read as deep as any file has them. */
function valueOf(cursor: Cursor, type: number, depth: number, broken: Broken): unknown {
  if (type !== ARRAY) return (SCALARS[type] ?? broken(`a value in its head is of type ${type}, which is none`))(cursor);
  if (depth > 2) return broken("a list in its head is nested too deeply");
  const [of, length] = [cursor.u32(), cursor.u64()];
  if (length > MOST_ITEMS) return broken(`a list in its head claims ${length} items`);
  const items: unknown[] = [];
  for (let i = 0; i < length; i++) items.push(valueOf(cursor, of, depth + 1, broken));
  return items;
}

const SCALARS: readonly (((cursor: Cursor) => unknown) | null)[] = [
  (cursor) => cursor.view(1).getUint8(0),
  (cursor) => cursor.view(1).getInt8(0),
  (cursor) => cursor.view(2).getUint16(0, true),
  (cursor) => cursor.view(2).getInt16(0, true),
  (cursor) => cursor.u32(),
  (cursor) => cursor.view(4).getInt32(0, true),
  (cursor) => cursor.view(4).getFloat32(0, true),
  (cursor) => cursor.view(1).getUint8(0) !== 0,
  (cursor) => cursor.text(),
  null,
  (cursor) => cursor.u64(),
  (cursor) => Number(cursor.view(8).getBigInt64(0, true)),
  (cursor) => cursor.view(8).getFloat64(0, true),
];

/** Reads forward; past the end it throws OutOfBytes. */
class Cursor {
  at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  view(length: number): DataView {
    const { buffer, byteOffset } = this.take(length);
    return new DataView(buffer, byteOffset, length);
  }

  u32(): number {
    return this.view(4).getUint32(0, true);
  }

  u64(): number {
    return Number(this.view(8).getBigUint64(0, true));
  }

  ascii(length: number): string {
    return String.fromCharCode(...this.take(length));
  }

  text(): string {
    return decodeUtf8(this.take(this.u64()));
  }

  take(length: number): Uint8Array {
    if (this.at + length > this.#bytes.length) throw new OutOfBytes();
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }
}
