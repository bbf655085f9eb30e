/**
 * Simulated devices on one edge: each has a link and a session of its own and answers over and
 * over, so that the edge is as busy at the end of what is measured as at its beginning. They begin
 * spread over as long as one answer took alone; counted are answers that began when all had begun.
 */
import { Failed, failureOf } from "#core/run/failure.ts";
import type { ClientRun } from "#core/run/record.ts";
import { Cancellation } from "../cancellation.ts";
import type { EdgeLink, LinkSetting } from "../link/edge-link.ts";
import type { Script } from "./script.ts";
import { playOnce, type Pace } from "./simulated-device.ts";

export interface CrowdRequest {
  readonly script: Script;
  readonly devices: number;
  /** Of each device's own link; its seed is moved on, so that no two have the same bad luck. */
  readonly link: LinkSetting;
}

export interface Crowd {
  /** All of them are at work. Rejects with Failed: edge-full, and whatever else kept one away. */
  readonly begun: Promise<void>;
  /** The first counted answer of each, once all have one; everything is closed by then. Rejects as `begun`. */
  end(): Promise<readonly ClientRun[]>;
  /** Gives up: whoever waits hears `stopped`. */
  stop(): Promise<void>;
}

export interface CrowdParts extends Pace {
  readonly openLink: () => EdgeLink;
}

export const gatherCrowd = (request: CrowdRequest, parts: CrowdParts): Crowd => new DeviceCrowd(request, parts);

class DeviceCrowd implements Crowd {
  readonly begun: Promise<void>;
  readonly #request: CrowdRequest;
  readonly #parts: CrowdParts;
  readonly #ending = new Cancellation();
  readonly #counted = new Map<number, ClientRun>();
  readonly #working: Promise<unknown>;
  #atWork = 0;
  #wanted = false;
  #start: () => void = () => undefined;
  #fail: (thrown: unknown) => void = () => undefined;

  constructor(request: CrowdRequest, parts: CrowdParts) {
    this.#request = request;
    this.#parts = parts;
    this.begun = new Promise<void>((resolve, reject) => {
      this.#start = resolve;
      this.#fail = reject;
    });
    this.#working = Promise.all(Array.from({ length: request.devices }, (_, index) => this.#device(index)));
    // Whoever waits for the beginning or the end hears of it.
    this.#working.catch(() => undefined);
    this.begun.catch(() => undefined);
  }

  async end(): Promise<readonly ClientRun[]> {
    this.#wanted = true;
    if (!this.#goesOn) this.#ending.abort();
    await this.#working;
    const runs = [...this.#counted.values()];
    if (runs.length < this.#request.devices) throw new Failed({ code: "stopped" });
    return runs;
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    this.#fail(new Failed({ code: "stopped" }));
    await this.#working.catch(() => undefined);
  }

  get #goesOn(): boolean {
    return !this.#wanted || this.#counted.size < this.#request.devices;
  }

  /** One device from its link's opening to its closing. The first that fails ends the others. */
  async #device(index: number): Promise<void> {
    const link = this.#parts.openLink();
    try {
      await this.#answerOver(link, index);
    } catch (thrown) {
      if (this.#ending.aborted && failureOf(thrown, "crowd").code === "stopped") return;
      this.#ending.abort();
      this.#fail(thrown);
      throw thrown;
    } finally {
      await link.close();
    }
  }

  async #answerOver(link: EdgeLink, index: number): Promise<void> {
    const { script, devices, link: setting } = this.#request;
    await link.shape({ ...setting, seed: setting.seed + index + 1 });
    const session = await link.open(script.hello, this.#ending);
    await new Promise<void>((resolve) => void this.#parts.timer.after((script.elapsedMs * index) / devices, resolve));
    if (++this.#atWork === devices) this.#start();
    while (!this.#ending.aborted) {
      const counts = this.#atWork === devices && !this.#counted.has(index);
      const run = await playOnce(session, script, this.#parts, this.#ending);
      if (counts) this.#counted.set(index, run);
      if (!this.#goesOn) this.#ending.abort();
    }
  }
}
