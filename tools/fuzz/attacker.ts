/**
 * Plays one episode over a socket of its own and sees that the edge keeps its side: a session ends with a coded
 * refusal, or goes on and answers a ping; every frame that comes back can be read. Anything else is a finding.
 */
import { WebSocket, type RawData } from "ws";
import type { UpMessage } from "#core/frames/message-table.ts";
import { decodeDown, encodeUp } from "#wire/frames.ts";
import { parseAnswer } from "#wire/hello.ts";
import { SUBPROTOCOL } from "#wire/messages.ts";
import type { Episode } from "./episodes.ts";

export interface Attack {
  /** Frames that were sent while the session was not known to have ended. */
  readonly sent: number;
  /** How the edge ended it: a failure's code, or null where it went on to the end. */
  readonly endedWith: string | null;
  /** Of messages that came back, by kind; failures by their code too. */
  readonly answers: ReadonlyMap<string, number>;
  /** What an edge must not do; null where it kept its side. */
  readonly finding: string | null;
}

/** The edge computes for others meanwhile. */
const PATIENCE_MS = 20_000;
/** For one answer: a `stop` or a stream that was taken over has none. */
const A_LITTLE_MS = 40;
const PING: UpMessage = { kind: "ping", sequence: 0xffff_fffe, payload: new Uint8Array(0) };

export function attack(url: string, episode: Episode): Promise<Attack> {
  return new Promise((resolve) => {
    const attacker = new Attacker(url, episode, (seen) => {
      clearTimeout(late);
      resolve(seen);
    });
    const late = setTimeout(() => attacker.giveUp(), PATIENCE_MS);
  });
}

class Attacker {
  readonly #socket: WebSocket;
  readonly #episode: Episode;
  readonly #done: (seen: Attack) => void;
  readonly #answers = new Map<string, number>();
  #sent = 0;
  #welcomed = false;
  #endedWith: string | null = null;
  #finding: string | null = null;
  #over = false;
  #heard: () => void = () => undefined;

  constructor(url: string, episode: Episode, done: (seen: Attack) => void) {
    this.#episode = episode;
    this.#done = done;
    this.#socket = new WebSocket(`${url.replace(/^http/, "ws").replace(/\/$/, "")}/session`, SUBPROTOCOL, {
      perMessageDeflate: false,
    });
    this.#socket.on("open", () => this.#socket.send(episode.hello));
    this.#socket.on("message", (data, isBinary) => this.#hear(data, isBinary));
    this.#socket.on("error", () => undefined); // a close follows
    this.#socket.on("close", (code) => this.#closed(code));
  }

  giveUp(): void {
    this.#finding ??= this.#welcomed
      ? "it neither ended the session nor answered the ping behind the frames"
      : "it neither welcomed nor refused";
    this.#socket.terminate();
    this.#finish();
  }

  #hear(data: RawData, isBinary: boolean): void {
    this.#heard();
    if (isBinary) return this.#hearFrame(data as Buffer);
    const answer = parseAnswer((data as Buffer).toString());
    if (!answer.ok) this.#finding ??= `a text that is no answer: ${JSON.stringify(answer.failure)}`;
    else if (answer.value.kind === "refusal") this.#endedWith = answer.value.failure.code;
    else {
      this.#welcomed = true;
      void this.#play();
    }
  }

  #hearFrame(frame: Uint8Array): void {
    const read = decodeDown(frame);
    if (!read.ok) {
      this.#finding ??= `a frame that cannot be read: ${JSON.stringify(read.failure)}`;
      return;
    }
    const message = read.value;
    const name = message.kind === "failure" ? `failure ${message.failure.code}` : message.kind;
    this.#answers.set(name, (this.#answers.get(name) ?? 0) + 1);
    if (message.kind === "failure" && message.failure.code === "internal")
      this.#finding ??= `a bug that surfaced: ${JSON.stringify(message.failure)}`;
    if (message.kind === "pong" && message.sequence === PING.sequence) this.#leave();
  }

  async #play(): Promise<void> {
    for (const { data } of this.#episode.frames) {
      if (this.#socket.readyState !== WebSocket.OPEN) return;
      this.#socket.send(data);
      this.#sent++;
      if (this.#episode.patient) await this.#heardOrLater(A_LITTLE_MS);
    }
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    if (this.#episode.ending === "cut") {
      this.#socket.terminate();
      this.#finish();
    } else this.#socket.send(encodeUp(PING));
  }

  /** Once anything came, or after so long. */
  #heardOrLater(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const late = setTimeout(resolve, ms);
      this.#heard = () => {
        clearTimeout(late);
        resolve();
      };
    });
  }

  #leave(): void {
    this.#socket.close(1000);
  }

  #closed(code: number): void {
    if (!this.#welcomed && this.#endedWith === null && code !== 1000) this.#endedWith = `closed with ${code}`;
    if (this.#welcomed && this.#endedWith === null && code !== 1000 && code !== 1009 && !this.#over)
      this.#finding ??= `it closed with ${code} and did not say why`;
    this.#finish();
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#heard();
    const { endedWith, answers } = { endedWith: this.#endedWith, answers: this.#answers };
    this.#done({ sent: this.#sent, endedWith, answers, finding: this.#finding });
  }
}
