/** The session that nobody may disturb: the same question over and over, its answers compared with the first, its gaps timed. */
import { quantile } from "#core/measure/summary.ts";
import { wholeModel } from "#core/model/architecture.ts";
import { failureOf } from "#core/run/failure.ts";
import { socketChannel } from "#engine/link/socket-channel.ts";
import type { EdgeSession } from "#engine/ports.ts";
import { nodeClock, nodeTimer } from "#node/host/clock.ts";
import { connectNodeSocket } from "#node/link/socket.ts";
import { WIRE_VERSION } from "#wire/messages.ts";
import type { Target } from "./episodes.ts";

export interface HonestFigures {
  readonly answers: number;
  readonly exact: number;
  /** What came in place of an answer, by its words. */
  readonly failures: readonly string[];
  readonly gapP50Ms: number | null;
  readonly gapP99Ms: number | null;
}

export class Honest {
  readonly #session: EdgeSession;
  readonly #close: () => Promise<void>;
  readonly #expected: string;
  readonly #prompt: Uint32Array;
  readonly #tokens: number;

  private constructor(
    session: EdgeSession,
    close: () => Promise<void>,
    prompt: Uint32Array,
    tokens: number,
    expected: string,
  ) {
    this.#session = session;
    this.#close = close;
    this.#prompt = prompt;
    this.#tokens = tokens;
    this.#expected = expected;
  }

  static async open(url: string, { name, revision, architecture }: Target): Promise<Honest> {
    const links = { connect: connectNodeSocket, clock: nodeClock, timer: nodeTimer, onNotice: () => undefined };
    const link = socketChannel(url, links);
    const session = await link.open({
      kind: "hello",
      wire: WIRE_VERSION,
      build: "honest",
      model: name,
      revision,
      segment: wholeModel(architecture),
      codec: "f32",
      capacity: Math.min(64, architecture.context),
      kvCache: true,
      sampling: { temperature: 0.7, topK: 0, topP: 1, seed: 5 },
      edgeLoad: 1,
      verify: null,
      draft: null,
      access: null,
      resume: null,
    });
    const prompt = Uint32Array.from({ length: 6 }, (_, at) => (7 * at + 3) % architecture.vocabulary);
    const honest = new Honest(session, () => link.close(), prompt, 20, "");
    const { text } = await honest.#ask();
    return new Honest(session, () => link.close(), prompt, 20, text);
  }

  /** Asks until it is told to end. */
  async ask(goesOn: () => boolean): Promise<HonestFigures> {
    const gaps: number[] = [];
    const failures: string[] = [];
    let [answers, exact] = [0, 0];
    while (goesOn()) {
      answers++;
      try {
        const { text, gapsMs } = await this.#ask();
        if (text === this.#expected) exact++;
        gaps.push(...gapsMs);
      } catch (thrown) {
        failures.push(JSON.stringify(failureOf(thrown, "honest")));
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    return { answers, exact, failures, gapP50Ms: quantile(gaps, 0.5), gapP99Ms: quantile(gaps, 0.99) };
  }

  close(): Promise<void> {
    return this.#close();
  }

  async #ask(): Promise<{ readonly text: string; readonly gapsMs: readonly number[] }> {
    const question = { kind: "generate", position: 0, ids: this.#prompt, generate: this.#tokens } as const;
    const ids: number[] = [];
    const at: number[] = [];
    for await (const { message } of this.#session.stream(question)) {
      if (message.kind !== "token") throw new Error(`in a stream of tokens: ${message.kind}`);
      ids.push(message.id);
      at.push(performance.now());
      if (message.finish !== "none") break;
    }
    return { text: ids.join(), gapsMs: at.slice(1).map((each, index) => each - (at[index] ?? each)) };
  }
}
