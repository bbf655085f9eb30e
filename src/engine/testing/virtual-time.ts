/** Time that passes only when it is told to: a clock and its timers for tests that must not wait. */
import type { Timer } from "../link/link-ports.ts";
import type { Clock } from "../ports.ts";

interface Alarm {
  readonly atMs: number;
  readonly run: () => void;
}

/** Promise turns to let everything settle that needs no timer. */
const TURNS = 800;

export class VirtualTime implements Clock, Timer {
  #nowMs = 0;
  #alarms: Alarm[] = [];

  now(): number {
    return this.#nowMs;
  }

  get waiting(): number {
    return this.#alarms.length;
  }

  after(delayMs: number, run: () => void): () => void {
    const alarm = { atMs: this.#nowMs + delayMs, run };
    this.#alarms.push(alarm);
    return () => void (this.#alarms = this.#alarms.filter((each) => each !== alarm));
  }

  /** Lets time pass, and everything happen that is due in it. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await this.settle();
    for (let next = this.#next(untilMs); next !== null; next = this.#next(untilMs)) {
      this.#ring(next);
      await this.settle();
    }
    this.#nowMs = untilMs;
  }

  /** Lets time pass until the promise is settled, jumping from alarm to alarm. */
  async through<T>(work: Promise<T>): Promise<T> {
    let over = false;
    const settled = work.finally(() => (over = true));
    settled.catch(() => undefined);
    await this.settle();
    while (!over) {
      const next = this.#next(Infinity);
      if (next !== null) this.#ring(next);
      await this.settle();
    }
    return settled;
  }

  async settle(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn++) await Promise.resolve();
  }

  #next(untilMs: number): Alarm | null {
    const [first = null] = this.#alarms.toSorted((a, b) => a.atMs - b.atMs);
    return first !== null && first.atMs <= untilMs ? first : null;
  }

  #ring(alarm: Alarm): void {
    this.#alarms = this.#alarms.filter((each) => each !== alarm);
    this.#nowMs = Math.max(this.#nowMs, alarm.atMs);
    alarm.run();
  }
}
