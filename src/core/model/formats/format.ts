/**
 * What a format of model files has to say: whether it knows these files, and what they hold, in the
 * words of a Hugging Face folder, whatever they are kept as. It reads through a port, so that a folder
 * on disk, a browser's file list and a range request are the same to it.
 */
import type { StoredType } from "../stored-type.ts";
import type { Encoding } from "../encodings.ts";

/** Files as whoever has them gives them. Names are plain, without folders. */
export interface ModelFiles {
  readonly names: ReadonlySet<string>;
  bytesOf(name: string): Promise<number>;
  /** Bytes [from, to) of one. */
  read(name: string, from: number, to: number): Promise<Uint8Array>;
  /** The whole of one as text, or null where there is none. */
  text(name: string): Promise<string | null>;
}

export interface Format {
  /** Whether these are files of this format. */
  match(names: ReadonlySet<string>): boolean;
  /** Which of them it reads: what a hub is asked for. Throws Failed where they are several models. */
  wanted(model: string, names: ReadonlySet<string>): ReadonlySet<string>;
  /** Throws Failed: model-broken. No weights are read, only where they lie. */
  open(model: string, files: ModelFiles): Promise<OpenedModel>;
}

export interface OpenedModel {
  /** What config.json says. */
  readonly config: unknown;
  /** What generation_config.json says, null where there is none. */
  readonly generation: unknown;
  readonly weights: LocatedTensors;
  /** Trained exits (ours, and optional); none where there are none. */
  readonly exits: LocatedTensors;
  /**
   * A text by the name that Hugging Face gives it: tokenizer.json, tokenizer_config.json,
   * chat_template.jinja, README.md. A format that keeps these elsewhere writes them out here.
   */
  text(name: string): Promise<string | null>;
}

/** A tensor's place in its file. */
export interface StoredTensor {
  /** Float32 where the file has them in an encoding. */
  readonly type: StoredType;
  readonly shape: readonly number[];
  /** From the beginning of the file. */
  readonly offset: number;
  /** Of its numbers in that type. */
  readonly bytes: number;
  /** Left out where the file has them as they are. */
  readonly encoding?: Encoding;
  /** The file's row that comes in this row's place; left out where rows are in the family's order. */
  readonly rowFrom?: (row: number) => number;
  /** All its numbers, float32, as the family wants them, where the file has them otherwise: columns for rows, say. */
  readonly arrange?: (values: Float32Array<ArrayBuffer>) => Float32Array<ArrayBuffer>;
}

export interface LocatedTensor extends StoredTensor {
  readonly file: string;
  /** What its blocks are made of, where the file has none: the same tensor in float32. */
  readonly quantised?: LocatedTensor;
}

export interface LocatedTensors {
  /** The file to name when one is missing. */
  readonly file: string;
  readonly tensors: ReadonlyMap<string, LocatedTensor>;
  /** Those whose stored type we do not read, with that type's name in the file. */
  readonly unread: ReadonlyMap<string, string>;
  /** The types that this format's files may have. */
  readonly supported: string;
}
