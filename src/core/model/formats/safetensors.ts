/**
 * A Hugging Face folder: config.json, weights in one or several safetensors files, the tokenizer's
 * texts. A safetensors file is eight bytes of length, a JSON header, then the tensors' bytes. It is
 * read without trusting it: every offset is checked against the file's size and the tensor's own
 * shape, so a truncated or lying file is refused here and nowhere later.
 * Source: huggingface/safetensors, "Format".
 */
import { attempt, fail, ok, refuse, unwrap, type Result } from "../../run/failure.ts";
import type { StoredType } from "../stored-type.ts";
import { F64, F8_E4M3, F8_E5M2, type Encoding } from "../encodings.ts";
import { decodeUtf8 } from "../utf8.ts";
import { BESIDE_NAMES, failWithoutWeights, refuseBeside } from "./beside.ts";
import type { Format, LocatedTensor, LocatedTensors, ModelFiles, OpenedModel, StoredTensor } from "./format.ts";
import { failPointer, jsonOf, POINTER, textOf, tokenizerConfigOf } from "./model-texts.ts";

/** Ours, and optional. */
const EXITS_FILE = "exits.safetensors";
const CONFIG_FILE = "config.json";
const SINGLE_FILE = "model.safetensors";
const INDEX_FILE = "model.safetensors.index.json";
const TEXTS: readonly string[] = [
  CONFIG_FILE,
  "generation_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "chat_template.jinja",
  "chat_template.json",
  INDEX_FILE,
  "README.md",
  ...BESIDE_NAMES,
];
const isWeights = (name: string): boolean => name.endsWith(".safetensors");

export const safetensors: Format = {
  match: (names) => names.has(CONFIG_FILE) || [...names].some(isWeights),
  wanted: (_, names) => new Set([...names].filter((name) => TEXTS.includes(name) || isWantedWeights(name, names))),
  open,
};

const PART = /-\d{5}-of-\d{5}\.safetensors$/;

/** Beside a complete file its parts would be the same weights again, and so would others beside parts. */
function isWantedWeights(name: string, names: ReadonlySet<string>): boolean {
  if (!isWeights(name)) return false;
  if (name === SINGLE_FILE || name === EXITS_FILE) return true;
  return !names.has(SINGLE_FILE) && (PART.test(name) || ![...names].some((each) => PART.test(each)));
}

async function open(model: string, files: ModelFiles): Promise<OpenedModel> {
  refuseBeside(model, files.names);
  const config =
    (await jsonOf(model, files, CONFIG_FILE)) ??
    fail({ code: "model-broken", model, file: CONFIG_FILE, what: "it is missing" });
  return {
    config,
    generation: await jsonOf(model, files, "generation_config.json"),
    weights: await locate(model, files, await weightFiles(model, files), SINGLE_FILE),
    exits: await locate(model, files, files.names.has(EXITS_FILE) ? [EXITS_FILE] : [], EXITS_FILE),
    text: (name) => (name === "tokenizer_config.json" ? tokenizerConfigOf(model, files) : textOf(model, files, name)),
  };
}

/** The files that the index names; a complete file stands before an index that it is no part of, as in transformers. */
async function weightFiles(model: string, files: ModelFiles): Promise<readonly string[]> {
  const index = await jsonOf(model, files, INDEX_FILE);
  if (index === null && !files.names.has(SINGLE_FILE)) failWithoutWeights(model, SINGLE_FILE, files.names);
  const named = index === null ? [SINGLE_FILE] : filesOfIndex(model, index);
  return files.names.has(SINGLE_FILE) && !named.includes(SINGLE_FILE) ? [SINGLE_FILE] : named;
}

function filesOfIndex(model: string, index: unknown): readonly string[] {
  const map = isObject(index) ? index["weight_map"] : undefined;
  const files = isObject(map) ? [...new Set(Object.values(map))] : [];
  const named = files.filter((file): file is string => typeof file === "string" && !/[/\\]/.test(file));
  if (named.length === 0 || named.length !== files.length)
    fail({ code: "model-broken", model, file: INDEX_FILE, what: "its weight_map names no files of this folder" });
  return named;
}

/** Every tensor of these files. */
async function locate(
  model: string,
  files: ModelFiles,
  names: readonly string[],
  file: string,
): Promise<LocatedTensors> {
  const tensors = new Map<string, LocatedTensor>();
  const unread = new Map<string, string>();
  for (const name of names) {
    const found = await readFileOf(model, files, name);
    for (const [tensor, stored] of found.tensors) tensors.set(tensor, { ...stored, file: name });
    for (const [tensor, type] of found.unread) unread.set(tensor, type);
  }
  return { file, tensors, unread, supported: [...LAYOUTS.keys()].join(", ") };
}

async function readFileOf(model: string, files: ModelFiles, file: string): Promise<TensorFile> {
  if (!files.names.has(file)) fail({ code: "model-broken", model, file, what: "it is missing" });
  const size = await files.bytesOf(file);
  const prefix = await files.read(file, 0, Math.min(PREFIX_BYTES, size));
  const head = await files.read(file, 0, unwrap(headerLength(model, file, prefix, size)));
  return unwrap(readSafetensors(model, file, head, size));
}

export interface TensorFile {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Those of a type that there is no use for, with its name. */
  readonly unread: ReadonlyMap<string, string>;
}

/** How a file's type is read: bytes of a number in the file, and what makes others float32. */
interface Layout {
  readonly type: StoredType;
  readonly size: number;
  readonly encoding?: Encoding;
}
const LAYOUTS = new Map<unknown, Layout>([
  ["F32", { type: "F32", size: 4 }],
  ["F16", { type: "F16", size: 2 }],
  ["BF16", { type: "BF16", size: 2 }],
  ...[F64, F8_E4M3, F8_E5M2].map(
    (encoding) => [encoding.name, { type: "F32", size: encoding.bytes, encoding }] as const,
  ),
]);
const PREFIX_BYTES = 8;
/** The format's own bound on the header. */
const MAX_HEADER_BYTES = 100_000_000;

/** Bytes to read from the start of a file before `readSafetensors` can: prefix and header. */
function headerLength(model: string, file: string, prefix: Uint8Array, fileBytes: number): Result<number> {
  if (prefix.length < PREFIX_BYTES)
    return broken(model, file, `it has ${prefix.length} bytes, fewer than the ${PREFIX_BYTES} of a safetensors prefix`);
  if (isPointer(prefix)) return attempt(() => failPointer(model, file));
  const length = Number(new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true));
  const total = PREFIX_BYTES + length;
  if (length > MAX_HEADER_BYTES || total > fileBytes)
    return broken(model, file, `its header claims ${length} bytes, the file has ${fileBytes}`);
  return ok(total);
}

const isPointer = (prefix: Uint8Array): boolean =>
  POINTER.startsWith(String.fromCharCode(...prefix.subarray(0, PREFIX_BYTES)));

/**
 * The tensors of a file whose first `headerLength` bytes are given. A type that we do not read is
 * refused when a tensor that is used has it: here it is only noted.
 */
export function readSafetensors(model: string, file: string, head: Uint8Array, fileBytes: number): Result<TensorFile> {
  const length = headerLength(model, file, head, fileBytes);
  if (!length.ok) return length;
  const json = parseJson(head.subarray(PREFIX_BYTES, length.value));
  if (json === null) return broken(model, file, "its header is not a JSON object");
  const tensors = new Map<string, StoredTensor>();
  const unread = new Map<string, string>();
  for (const [name, entry] of Object.entries(json)) {
    if (name === "__metadata__") continue;
    const tensor = readEntry(entry, length.value, fileBytes);
    if (typeof tensor === "string") return broken(model, file, `tensor ${name} ${tensor}`);
    if ("unread" in tensor) unread.set(name, tensor.unread);
    else tensors.set(name, tensor);
  }
  return ok({ tensors, unread });
}

/** The tensor, the name of a type we have no use for, or what is wrong with it. */
function readEntry(
  entry: unknown,
  dataStart: number,
  fileBytes: number,
): StoredTensor | { readonly unread: string } | string {
  const { dtype, shape, data_offsets: offsets } = isObject(entry) ? entry : {};
  if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) return "has no shape or no offsets";
  const [begin = 0, end = 0] = offsets;
  if (end < begin || dataStart + end > fileBytes) return `ends at byte ${dataStart + end}, the file at ${fileBytes}`;
  const layout = LAYOUTS.get(dtype);
  if (layout === undefined) return { unread: String(dtype) };
  const { size, encoding, ...stored } = layout;
  const count = shape.reduce((product, length) => product * length, 1);
  if (end - begin !== count * size)
    return `has ${end - begin} bytes where shape [${shape.join(", ")}] in ${String(dtype)} needs ${count * size}`;
  const place = { ...stored, shape, offset: dataStart + begin };
  return encoding === undefined ? { ...place, bytes: count * size } : { ...place, bytes: 4 * count, encoding };
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
