/**
 * Token ids to text as they come. A token may end in the middle of a character, so text is given
 * out only once it is whole; decoding starts a little before what is new, because some decoders
 * treat the first token of a text differently.
 */
import type { Tokenizer } from "../../ports.ts";

const REPLACEMENT = "\uFFFD";
/** No UTF-8 sequence is longer: what has not become a character by then never will. */
const LONGEST_SEQUENCE = 4;

export class StreamingText {
  readonly #tokenizer: Tokenizer;
  readonly #silent: ReadonlySet<number>;
  #context: number[] = [];
  #waiting: number[] = [];

  /** `silentIds` end a turn and show nothing. */
  constructor(tokenizer: Tokenizer, silentIds: readonly number[]) {
    this.#tokenizer = tokenizer;
    this.#silent = new Set(silentIds);
  }

  /** The text that became whole with this token. */
  push(id: number): string {
    if (this.#silent.has(id)) return this.flush();
    this.#waiting.push(id);
    return this.#take((text) => text.endsWith(REPLACEMENT) && this.#waiting.length < LONGEST_SEQUENCE);
  }

  /** What is left, broken characters included. */
  flush(): string {
    return this.#take(() => false);
  }

  #take(incomplete: (text: string) => boolean): string {
    if (this.#waiting.length === 0) return "";
    const before = this.#tokenizer.decode(this.#context);
    const text = this.#tokenizer.decode([...this.#context, ...this.#waiting]).slice(before.length);
    if (incomplete(text)) return "";
    this.#context = text.endsWith(REPLACEMENT) ? [] : this.#waiting; // a broken end must not mend what follows
    this.#waiting = [];
    return text;
  }
}
