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

export function gatherCrowd(request: CrowdRequest, parts: CrowdParts): Crowd {
  const ending = new Cancellation();
  const counted = new Map<number, ClientRun>();
  let begun = 0;
  let wanted = false;
  let fail: (thrown: unknown) => void = () => undefined;
  let start: () => void = () => undefined;
  const allBegun = new Promise<void>((resolve, reject) => {
    start = resolve;
    fail = reject;
  });
  const goesOn = (): boolean => !wanted || counted.size < request.devices;

  async function device(index: number): Promise<void> {
    const { script, devices, link: setting } = request;
    const link = parts.openLink();
    try {
      await link.shape({ ...setting, seed: setting.seed + index + 1 });
      const session = await link.open(script.hello, ending);
      await new Promise<void>((resolve) => void parts.timer.after((script.elapsedMs * index) / devices, resolve));
      if (++begun === devices) start();
      while (!ending.aborted) {
        const counts = begun === devices && !counted.has(index);
        const run = await playOnce(session, script, parts, ending);
        if (counts) counted.set(index, run);
        if (!goesOn()) ending.abort();
      }
    } catch (thrown) {
      if (ending.aborted && failureOf(thrown, "crowd").code === "stopped") return;
      ending.abort();
      fail(thrown);
      throw thrown;
    } finally {
      await link.close();
    }
  }

  const working = Promise.all(Array.from({ length: request.devices }, (_, index) => device(index)));
  // Whoever waits for the beginning or the end hears of it.
  working.catch(() => undefined);
  allBegun.catch(() => undefined);
  return {
    begun: allBegun,
    async end() {
      wanted = true;
      if (!goesOn()) ending.abort();
      await working;
      const runs = [...counted.values()];
      if (runs.length < request.devices) throw new Failed({ code: "stopped" });
      return runs;
    },
    async stop() {
      ending.abort();
      fail(new Failed({ code: "stopped" }));
      await working.catch(() => undefined);
    },
  };
}
