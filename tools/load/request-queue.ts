/**
 * Requests that wait for a client. Whoever has been free for longest gets the next one; no more than `active` are
 * answered at a time. A request keeps the moment at which it arrived, so that waiting for a client is never lost from
 * the figures (the omission that closed load generators make).
 */
import type { Size } from "./sizes.ts";

export interface Request extends Size {
  /** On the load's clock. */
  readonly arrivedMs: number;
}

export class RequestQueue {
  readonly #active: number;
  readonly #waiting: Request[] = [];
  readonly #free: ((request: Request | null) => void)[] = [];
  /** Where everybody asks again at once: the request that a client makes when it is free. */
  readonly #always: (() => Request) | null;
  #over = false;
  #underWay = 0;
  #most = 0;

  constructor(active: number, always: (() => Request) | null = null) {
    this.#active = active;
    this.#always = always;
  }

  /** Arrived, and with no client yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  get underWay(): number {
    return this.#underWay;
  }

  /** Answered at one time, at most. */
  get most(): number {
    return this.#most;
  }

  arrive(request: Request): void {
    if (this.#over) return;
    this.#waiting.push(request);
    this.#handOut();
  }

  /** The next request for a client that is free; null once there are no more. Ask for `done` when it is answered. */
  take(): Promise<Request | null> {
    if (this.#over) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.#free.push(resolve);
      this.#handOut();
    });
  }

  done(): void {
    this.#underWay--;
    this.#handOut();
  }

  /** Nothing is handed out any more; what no client had is returned. */
  end(): readonly Request[] {
    this.#over = true;
    for (const resolve of this.#free.splice(0)) resolve(null);
    return this.#waiting.splice(0);
  }

  #handOut(): void {
    while (!this.#over && this.#underWay < this.#active && this.#free.length > 0) {
      const request = this.#always === null ? this.#waiting.shift() : this.#always();
      if (request === undefined) return;
      this.#underWay++;
      this.#most = Math.max(this.#most, this.#underWay);
      this.#free.shift()?.(request);
    }
  }
}
