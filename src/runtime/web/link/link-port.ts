/**
 * An edge link across a message port: the sockets and the shaper live in a worker of their own, so
 * that no timer ever waits for compute. The far half calls the real link, the near half is an
 * `EdgeLink` like any other. A call is a number; what comes back under it are values and one
 * ending, so asking and streaming are the same thing.
 * Both halves count time from the near one's origin: traces and records need one clock.
 */
import { Failed, failureOf, type Failure } from "#core/run/failure.ts";
import type { ClientRun } from "#core/run/record.ts";
import { gatherCrowd, type Crowd, type CrowdRequest } from "#engine/crowd/crowd.ts";
import type { Timer } from "#engine/link/link-ports.ts";
import { ReplyQueue } from "#engine/link/reply-queue.ts";
import type { CancelSignal, Clock, EdgeSession, Reply, Unnumbered } from "#engine/ports.ts";
import type { EdgeLink, LinkNotice, LinkReport, LinkSetting } from "#engine/link/edge-link.ts";
import type { Hello, UpMessage, Welcome } from "#wire/messages.ts";
import { whenAborted } from "#engine/cancellation.ts";

type Question =
  | { readonly kind: "link"; readonly url: string; readonly timeOriginMs: number }
  | { readonly kind: "shape"; readonly link: number; readonly setting: LinkSetting }
  | { readonly kind: "report"; readonly link: number }
  | { readonly kind: "close-link"; readonly link: number }
  | { readonly kind: "session"; readonly link: number; readonly hello: Hello }
  | { readonly kind: "ask" | "stream"; readonly session: number; readonly message: Unnumbered<UpMessage> }
  | { readonly kind: "close-session"; readonly session: number }
  | { readonly kind: "crowd"; readonly url: string; readonly timeOriginMs: number; readonly request: CrowdRequest }
  | { readonly kind: "end-crowd" | "stop-crowd"; readonly crowd: number };

type Up = { readonly call: number; readonly question: Question } | { readonly call: number; readonly leave: true };

type PortAnswer =
  | { readonly kind: "welcome"; readonly welcome: Welcome }
  | { readonly kind: "report"; readonly report: LinkReport }
  | { readonly kind: "reply"; readonly reply: Reply }
  | { readonly kind: "crowd"; readonly runs: readonly ClientRun[] };

type Down =
  | { readonly kind: "answer"; readonly call: number; readonly answer: PortAnswer; readonly last: boolean }
  | { readonly kind: "end"; readonly call: number }
  | { readonly kind: "failure"; readonly call: number; readonly failure: Failure }
  | { readonly kind: "notices" };

/** What a link noticed, under the call that opened it. */
interface Noticed {
  readonly call: number;
  readonly notice: LinkNotice;
}

/** Notices go along with what is sent anyway, before it. */
interface Delivery {
  readonly notices: readonly Noticed[];
  readonly message: Down;
}

/** What both a MessagePort and a worker are. */
export interface Port {
  postMessage(message: unknown): void;
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
}

// The near half: in the device worker.

interface Call {
  readonly call: number;
  readonly queue: ReplyQueue<PortAnswer>;
}

/** One port for all links. Calls that open something give it its number; a link's notices come under it. */
export class LinkPort {
  readonly #port: Port;
  readonly #calls = new Map<number, ReplyQueue<PortAnswer>>();
  readonly #notices = new Map<number, (notice: LinkNotice) => void>();
  #last = 0;
  /** Why the far half is no more: every call fails with it. */
  #crash: Failure | null = null;

  constructor(port: Port) {
    this.#port = port;
    port.addEventListener("message", ({ data }: MessageEvent<Delivery>) => this.#hear(data));
  }

  /** The far half is gone: nobody waits for it any longer. */
  crashed(what: string): void {
    this.#crash = { code: "internal", where: "link worker", what };
    for (const queue of this.#calls.values()) queue.fail(this.#crash);
    this.#calls.clear();
  }

  open(url: string, onNotice: (notice: LinkNotice) => void): EdgeLink {
    const link = this.#begin({ kind: "link", url, timeOriginMs: performance.timeOrigin });
    this.#notices.set(link.call, onNotice);
    return {
      url,
      open: (hello, signal) => this.#session(link.call, hello, signal),
      shape: async (setting) => void (await this.#collect({ kind: "shape", link: link.call, setting })),
      report: async () => {
        const [answer] = await this.#collect({ kind: "report", link: link.call });
        return answer?.kind === "report" ? answer.report : missing("report");
      },
      close: async () => {
        await this.#collect({ kind: "close-link", link: link.call });
        this.#notices.delete(link.call);
      },
    };
  }

  gather(url: string, request: CrowdRequest): Crowd {
    const { call, queue } = this.#begin({ kind: "crowd", url, timeOriginMs: performance.timeOrigin, request });
    const begun = gather(this.#values({ call, queue }, undefined)).then(() => undefined);
    begun.catch(() => undefined); // whoever waits for it hears of it
    return {
      begun,
      end: async () => {
        const [answer] = await this.#collect({ kind: "end-crowd", crowd: call });
        return answer?.kind === "crowd" ? answer.runs : missing("crowd");
      },
      stop: async () => void (await this.#collect({ kind: "stop-crowd", crowd: call })),
    };
  }

  async #session(link: number, hello: Hello, signal: CancelSignal | undefined): Promise<EdgeSession> {
    const opening = this.#begin({ kind: "session", link, hello });
    const welcome = await this.#welcome(opening, signal);
    const stream = (
      kind: "ask" | "stream",
      message: Unnumbered<UpMessage>,
      stop: CancelSignal | undefined,
    ): AsyncGenerator<Reply, void> => this.#replies({ kind, session: opening.call, message }, stop);
    return {
      welcome,
      ask: async (message, stop) => {
        for await (const reply of stream("ask", message, stop)) return reply;
        return missing("reply");
      },
      stream: (message, stop) => stream("stream", message, stop),
      close: async () => void (await this.#collect({ kind: "close-session", session: opening.call })),
    };
  }

  /** What was opened after nobody wanted it any more is closed. */
  async #welcome(opening: Call, signal: CancelSignal | undefined): Promise<Welcome> {
    try {
      const [first] = await gather(this.#values(opening, signal));
      return first?.kind === "welcome" ? first.welcome : missing("welcome");
    } catch (thrown) {
      this.#begin({ kind: "close-session", session: opening.call });
      throw thrown;
    }
  }

  async *#replies(question: Question, signal: CancelSignal | undefined): AsyncGenerator<Reply, void> {
    if (signal?.aborted === true) throw new Failed({ code: "stopped" });
    for await (const answer of this.#values(this.#begin(question), signal)) {
      if (answer.kind === "reply") yield answer.reply;
    }
  }

  #collect(question: Question): Promise<readonly PortAnswer[]> {
    return gather(this.#values(this.#begin(question), undefined));
  }

  #begin(question: Question): Call {
    const call = (this.#last += 1);
    const queue = new ReplyQueue<PortAnswer>();
    if (this.#crash === null) {
      this.#calls.set(call, queue);
      this.#send({ call, question });
    } else queue.fail(this.#crash);
    return { call, queue };
  }

  /** The answers to a call. Leaving early, or a raised signal, ends it at once and tells the far half to stop. */
  async *#values({ call, queue }: Call, signal: CancelSignal | undefined): AsyncGenerator<PortAnswer, void> {
    const unsubscribe = whenAborted(signal, () => queue.abandon({ code: "stopped" }));
    try {
      yield* queue.values();
    } finally {
      unsubscribe();
      if (this.#calls.delete(call)) this.#send({ call, leave: true });
    }
  }

  #hear({ notices, message }: Delivery): void {
    for (const { call, notice } of notices) this.#notices.get(call)?.(notice);
    if (message.kind === "notices") return;
    const queue = this.#calls.get(message.call);
    if (message.kind === "answer") queue?.push(message.answer);
    if (message.kind === "answer" && !message.last) return;
    this.#calls.delete(message.call);
    if (message.kind === "failure") queue?.fail(message.failure);
    else queue?.end();
  }

  #send(message: Up): void {
    this.#port.postMessage(message);
  }
}

async function gather(answers: AsyncIterable<PortAnswer>): Promise<readonly PortAnswer[]> {
  const all: PortAnswer[] = [];
  for await (const answer of answers) all.push(answer);
  return all;
}

function missing(what: string): never {
  throw new Failed({ code: "internal", where: "link-port", what: `the link worker ended a call without its ${what}` });
}

// The far half: in the link worker.

/** Makes the link itself; `clock` counts from the near half's origin. */
export type MakeLink = (url: string, clock: Clock, onNotice: (notice: LinkNotice) => void) => EdgeLink;

/** How long a frame's trace may wait for company. */
const NOTICE_MS = 50;

export function serveLinks(port: Port, makeLink: MakeLink, timer?: Timer): void {
  const server = new LinkServer(port, makeLink, timer);
  port.addEventListener("message", ({ data }: MessageEvent<Up>) => server.hear(data));
}

/** Answers the near half's calls with the links, sessions and crowds that it has opened. */
class LinkServer {
  readonly #post: Post;
  readonly #makeLink: MakeLink;
  readonly #timer: Timer | undefined;
  readonly #links = new Map<number, EdgeLink>();
  readonly #sessions = new Map<number, EdgeSession>();
  readonly #crowds = new Map<number, Crowd>();
  /** Of the calls under way: told when the near half leaves one. */
  readonly #leaving = new Map<number, AbortController>();

  constructor(port: Port, makeLink: MakeLink, timer: Timer | undefined) {
    this.#post = new Post(port);
    this.#makeLink = makeLink;
    this.#timer = timer;
  }

  hear(data: Up): void {
    if ("leave" in data) this.#leaving.get(data.call)?.abort();
    else void this.#serve(data.call, data.question);
  }

  async #serve(call: number, question: Question): Promise<void> {
    const controller = new AbortController();
    this.#leaving.set(call, controller);
    try {
      for await (const answer of this.#answers(call, question, controller.signal)) {
        const last = question.kind === "ask";
        this.#post.send({ kind: "answer", call, answer, last });
        if (last) return;
      }
      this.#post.send({ kind: "end", call });
    } catch (thrown) {
      this.#post.send({ kind: "failure", call, failure: failureOf(thrown, "link") });
    } finally {
      this.#leaving.delete(call);
    }
  }

  /** In order. */
  async *#answers(call: number, question: Question, signal: AbortSignal): AsyncGenerator<PortAnswer, void> {
    switch (question.kind) {
      case "link":
        return this.#openLink(call, question);
      case "shape":
        return known(this.#links, question.link).shape(question.setting);
      case "report":
        yield { kind: "report", report: await known(this.#links, question.link).report() };
        return;
      case "close-link":
        await this.#links.get(question.link)?.close();
        return void this.#links.delete(question.link);
      case "session":
        return yield* this.#openSession(call, question, signal);
      case "crowd":
        return this.#openCrowd(call, question);
      case "end-crowd":
        yield { kind: "crowd", runs: await known(this.#crowds, question.crowd).end() };
        return;
      case "stop-crowd":
        await this.#crowds.get(question.crowd)?.stop();
        return void this.#crowds.delete(question.crowd);
      case "ask":
        yield { kind: "reply", reply: await known(this.#sessions, question.session).ask(question.message, signal) };
        return;
      case "stream":
        for await (const reply of known(this.#sessions, question.session).stream(question.message, signal))
          yield { kind: "reply", reply };
        return;
      case "close-session":
        await this.#sessions.get(question.session)?.close();
        return void this.#sessions.delete(question.session);
    }
  }

  #openLink(call: number, { url, timeOriginMs }: Asked<"link">): void {
    const link = this.#makeLink(url, clockFrom(timeOriginMs), (what) => this.#post.notice(call, what));
    this.#links.set(call, link);
  }

  async *#openSession(
    call: number,
    { link, hello }: Asked<"session">,
    signal: AbortSignal,
  ): AsyncGenerator<PortAnswer, void> {
    const session = await known(this.#links, link).open(hello, signal);
    if (signal.aborted) return session.close();
    this.#sessions.set(call, session);
    yield { kind: "welcome", welcome: session.welcome };
  }

  #openCrowd(call: number, { request, url, timeOriginMs }: Asked<"crowd">): Promise<void> {
    const timer = this.#timer;
    if (timer === undefined)
      throw new Failed({ code: "internal", where: "link-port", what: "no timer for simulated devices" });
    const clock = clockFrom(timeOriginMs);
    const openLink = (): EdgeLink => this.#makeLink(url, clock, () => undefined);
    const crowd = gatherCrowd(request, { clock, timer, openLink });
    this.#crowds.set(call, crowd);
    return crowd.begun;
  }
}

type Asked<K extends Question["kind"]> = Extract<Question, { readonly kind: K }>;

/** What goes back over the port: answers, and with them what links noticed meanwhile. */
class Post {
  readonly #port: Port;
  #noticed: Noticed[] = [];
  #waiting: ReturnType<typeof setTimeout> | null = null;

  constructor(port: Port) {
    this.#port = port;
  }

  send(message: Down): void {
    if (this.#waiting !== null) clearTimeout(this.#waiting);
    this.#waiting = null;
    const notices = this.#noticed;
    this.#noticed = [];
    this.#port.postMessage({ notices, message } satisfies Delivery);
  }

  /** A frame can wait for the answer that it brings, or a moment; what became of the link cannot. */
  notice(call: number, what: LinkNotice): void {
    this.#noticed.push({ call, notice: compact(what) });
    if (what.kind === "frame") this.#waiting ??= setTimeout(() => this.send({ kind: "notices" }), NOTICE_MS);
    else this.send({ kind: "notices" });
  }
}

function known<T>(held: ReadonlyMap<number, T>, number: number): T {
  const value = held.get(number);
  if (value === undefined)
    throw new Failed({ code: "internal", where: "link-port", what: `${String(number)} is not open` });
  return value;
}

/** A clone takes a view's whole buffer along: a frame's header must not drag its payload. */
const compact = (notice: LinkNotice): LinkNotice =>
  notice.kind === "frame" ? { ...notice, frame: { ...notice.frame, header: notice.frame.header.slice() } } : notice;

const clockFrom = (timeOriginMs: number): Clock => {
  const aheadMs = performance.timeOrigin - timeOriginMs;
  return { now: () => performance.now() + aheadMs };
};
