/**
 * Stop sequences in text that arrives in pieces: what might be the beginning of one is held back
 * until it is certain.
 */
export class StopText {
  readonly #stops: readonly string[];
  #held = "";
  /** A stop sequence was found: nothing after it is given out. */
  stopped = false;

  constructor(stops: readonly string[]) {
    this.#stops = stops;
  }

  /** The text that is now certain. */
  push(piece: string): string {
    if (this.stopped) return "";
    const text = this.#held + piece;
    const found = this.#stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
    if (found.length > 0) {
      this.stopped = true;
      this.#held = "";
      return text.slice(0, Math.min(...found));
    }
    const certain = text.length - this.#beginnings(text);
    this.#held = text.slice(certain);
    return text.slice(0, certain);
  }

  /** What is left when nothing more comes. */
  flush(): string {
    const rest = this.#held;
    this.#held = "";
    return rest;
  }

  /** Length of the longest end of the text that begins a stop sequence. */
  #beginnings(text: string): number {
    const lengths = this.#stops.flatMap((stop) =>
      Array.from({ length: Math.min(stop.length - 1, text.length) }, (_, short) => short + 1).filter((length) =>
        stop.startsWith(text.slice(-length)),
      ),
    );
    return Math.max(0, ...lengths);
  }
}
