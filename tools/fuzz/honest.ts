/** The session that nobody may disturb: the same question over and over, its answers compared with the first, its gaps timed. */
import { quantile } from "#core/measure/summary.ts";
import { failureOf } from "#core/run/failure.ts";
import { socketChannel } from "#engine/link/socket-channel.ts";
import type { EdgeSession } from "#engine/ports.ts";
import { nodeClock, nodeTimer } from "#node/host/clock.ts";
import { connectNodeSocket } from "#node/link/socket.ts";
import type { Target } from "./episodes.ts";
import { plainHello } from "./plain-hello.ts";

export interface HonestFigures {
  readonly answers: number;
  readonly exact: number;
  /** What came in place of an answer, by its words. */
  readonly failures: readonly string[];
  /** Between tokens of an answer, the first one's wait left out. */
  readonly gaps: number;
  readonly gapP50Ms: number | null;
  readonly gapP99Ms: number | null;
  readonly gapMostMs: number | null;
  /** Until an answer's first token. */
  readonly firstMostMs: number | null;
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

  static async open(url: string, target: Target): Promise<Honest> {
    const links = { connect: connectNodeSocket, clock: nodeClock, timer: nodeTimer, onNotice: () => undefined };
    const link = socketChannel(url, links);
    const session = await link.open(plainHello(target));
    const prompt = Uint32Array.from({ length: 6 }, (_, at) => (7 * at + 3) % target.architecture.vocabulary);
    const honest = new Honest(session, () => link.close(), prompt, 20, "");
    const { text } = await honest.#ask();
    return new Honest(session, () => link.close(), prompt, 20, text);
  }

  /** Asks until it is told to end. */
  async ask(goesOn: () => boolean): Promise<HonestFigures> {
    const gaps: number[] = [];
    const firsts: number[] = [];
    const failures: string[] = [];
    let [answers, exact] = [0, 0];
    while (goesOn()) {
      answers++;
      try {
        const { text, gapsMs, firstMs } = await this.#ask();
        if (text === this.#expected) exact++;
        gaps.push(...gapsMs);
        firsts.push(firstMs);
      } catch (thrown) {
        failures.push(JSON.stringify(failureOf(thrown, "honest")));
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    const most = { gapMostMs: quantile(gaps, 1), firstMostMs: quantile(firsts, 1) };
    const [gapP50Ms, gapP99Ms] = [quantile(gaps, 0.5), quantile(gaps, 0.99)];
    return { answers, exact, failures, gaps: gaps.length, gapP50Ms, gapP99Ms, ...most };
  }

  close(): Promise<void> {
    return this.#close();
  }

  async #ask(): Promise<{ readonly text: string; readonly gapsMs: readonly number[]; readonly firstMs: number }> {
    const question = { kind: "generate", position: 0, ids: this.#prompt, generate: this.#tokens } as const;
    const ids: number[] = [];
    const at = [performance.now()];
    for await (const { message } of this.#session.stream(question)) {
      if (message.kind !== "token") throw new Error(`in a stream of tokens: ${message.kind}`);
      ids.push(message.id);
      at.push(performance.now());
      if (message.finish !== "none") break;
    }
    const [firstMs = 0, ...gapsMs] = at.slice(1).map((each, index) => each - (at[index] ?? each));
    return { text: ids.join(), gapsMs, firstMs };
  }
}
