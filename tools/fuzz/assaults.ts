/**
 * What a hostile client does to hold others up: a row for each way that was once found to (issue 13, 1). Each is
 * played over and over by many at once; one play ends when the edge has answered, refused or cut it off, or with
 * the assault.
 */
import { setMaxListeners } from "node:events";
import { connect } from "node:net";
import { WebSocket } from "ws";
import type { UpMessage } from "#core/frames/message-table.ts";
import { encodeUp } from "#wire/frames.ts";
import { SUBPROTOCOL, type Hello } from "#wire/messages.ts";
import type { Target } from "./episodes.ts";
import { plainHello } from "./plain-hello.ts";

export interface Field {
  readonly url: string;
  readonly target: Target;
  /** A path whose answer is large. */
  readonly largePath: string;
  readonly over: AbortSignal;
}

export interface Assault {
  readonly name: string;
  play(field: Field): Promise<void>;
}

/** A client that holds on, whatever for, lets go by then. */
const HOLD_MS = 4_000;

/** Ends with the assault, after `HOLD_MS`, or when `release` is called; then `end` is called once. */
function held(field: Field, end: () => void, begin: (release: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const release = (): void => {
      clearTimeout(late);
      field.over.removeEventListener("abort", release);
      end();
      resolve();
    };
    const late = setTimeout(release, HOLD_MS);
    field.over.addEventListener("abort", release);
    begin(release);
  });
}

/** Sends bytes over a connection of its own: until it is answered, or without ever reading. */
function http(field: Field, reads: boolean, ...writes: readonly (string | Uint8Array)[]): Promise<void> {
  const { hostname, port } = new URL(field.url);
  const socket = connect(Number(port), hostname);
  return held(
    field,
    () => socket.destroy(),
    (release) => {
      socket.on("error", () => undefined);
      socket.on("close", release);
      if (reads) socket.on("data", release);
      else socket.pause();
      for (const each of writes) socket.write(each);
    },
  );
}

function post(path: string, body: string): readonly string[] {
  const length = Buffer.byteLength(body);
  const head = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${length}`;
  return [`${head}\r\n\r\n`, body];
}

/** A session of its own; `welcomed` is called once it is, with what ends the play. */
function session(
  field: Field,
  hello: Hello,
  welcomed: (socket: WebSocket, release: () => void) => void,
): Promise<void> {
  const at = `${field.url.replace(/^http/, "ws").replace(/\/$/, "")}/session`;
  const socket = new WebSocket(at, SUBPROTOCOL, { perMessageDeflate: false });
  return held(
    field,
    () => socket.terminate(),
    (release) => {
      socket.on("error", () => undefined);
      socket.on("close", release);
      socket.on("open", () => socket.send(JSON.stringify(hello)));
      socket.once("message", (data) => {
        if ((data as Buffer).toString().includes('"welcome"')) welcomed(socket, release);
      });
    },
  );
}

/** Asks again and again as soon as it is answered. */
const askingOn =
  (message: (target: Target) => UpMessage, others: Partial<Hello> = {}): Assault["play"] =>
  (field) => {
    const { target } = field;
    const frame = encodeUp(message(target));
    const hello = plainHello(target, { capacity: target.architecture.context, ...others });
    return session(field, hello, (socket) => {
      socket.on("message", () => socket.send(frame));
      socket.send(frame);
    });
  };

const idsOf = ({ architecture: { context, vocabulary } }: Target): Uint32Array =>
  Uint32Array.from({ length: context - 1 }, (_, at) => (at * 31 + 5) % vocabulary);

const prefill = (target: Target): UpMessage => ({
  kind: "generate",
  sequence: 1,
  position: 0,
  ids: idsOf(target),
  generate: 0,
});

const check = (target: Target): UpMessage => ({ kind: "check", sequence: 1, ids: idsOf(target), judged: 8 });

const chat = (messages: readonly object[]): string =>
  JSON.stringify({ model: "concierge-10m", messages, max_tokens: 1 });
const user = (content: string): object => ({ role: "user", content });

/** The largest that a body may be before it is refused by its length. */
const BODY_BYTES = 1_000_000;
const BODIES: Readonly<Record<string, readonly string[]>> = {
  "100,000 empty messages": post("/v1/chat/completions", chat(Array.from({ length: 100_000 }, () => user("")))),
  "9,000 empty messages": post("/v1/chat/completions", chat(Array.from({ length: 9_000 }, () => user("")))),
  "4 MB of brackets": post("/v1/chat/completions", "[".repeat(4 << 20)),
  "1 MB of brackets": post("/v1/chat/completions", "[".repeat(BODY_BYTES)),
  "1 MB of text": post("/v1/chat/completions", chat([user("a".repeat(BODY_BYTES - 100))])),
  "32 kB of emoji": post("/v1/chat/completions", chat([user("\u{1f600}".repeat(8_000))])),
  "32 kB of one word": post("/v1/completions", chat([]).replace("{", `{"prompt":"${"a".repeat(32_000)}",`)),
  "100,000 lists for a prompt": post(
    "/v1/completions",
    `{"model":"concierge-10m","prompt":${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
  ),
};

const body = ([what, writes]: readonly [string, readonly string[]]): Assault => ({
  name: `a body of ${what}`,
  play: (field) => http(field, true, ...writes),
});

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;

export const ASSAULTS: readonly Assault[] = [
  {
    name: "a thousand requests ahead, no answer read",
    play: (field) => http(field, false, get(field.largePath).repeat(1_000)),
  },
  {
    name: "as many requests ahead as are taken, no answer read",
    play: async (field) => {
      const one = (): Promise<void> => http(field, false, get(field.largePath).repeat(16));
      await Promise.all(Array.from({ length: 8 }, one));
    },
  },
  {
    name: "100 MB of activations asked for, none read",
    play: (field) => {
      const { context, hidden } = field.target.architecture;
      const count = context - 1;
      const payload = new Uint8Array(4 * hidden * count);
      const segment = { embedding: false, from: 0, to: 1, head: false };
      const hello = plainHello(field.target, { capacity: context, segment, sampling: null });
      return session(field, hello, (socket) => {
        socket.pause();
        for (let sequence = 0; sequence * payload.byteLength < 100e6; sequence++)
          socket.send(encodeUp({ kind: "activations", sequence, want: "all", position: 0, count, payload }));
      });
    },
  },
  {
    name: "a prefill of edge load 64 whose client leaves",
    play: (field) => {
      const hello = plainHello(field.target, { capacity: field.target.architecture.context, edgeLoad: 64 });
      return session(field, hello, (socket, release) => {
        socket.send(encodeUp(prefill(field.target)), () => setTimeout(release, 5));
      });
    },
  },
  { name: "prefills of edge load 64", play: askingOn(prefill, { edgeLoad: 64 }) },
  { name: "prefills of a whole context", play: askingOn(prefill) },
  { name: "checks of a whole context", play: askingOn(check) },
  ...Object.entries(BODIES).map(body),
  {
    name: "sessions opened and reset",
    play: (field) => session(field, plainHello(field.target), (_, release) => release()),
  },
  {
    name: "session ids guessed",
    play: (field) => {
      const id = Array.from({ length: 32 }, () => Math.floor(Math.random() * 16).toString(16)).join("");
      return session(field, plainHello(field.target, { resume: { session: id, position: 3 } }), (_, release) =>
        release(),
      );
    },
  },
];

/** So many at once, each over and over until the assault is over; how often any of them has played. */
export async function storm(assault: Assault, field: Field, atOnce: number): Promise<number> {
  let plays = 0;
  setMaxListeners(0, field.over);
  const overAndOver = async (): Promise<void> => {
    while (!field.over.aborted) {
      await assault.play(field);
      plays++;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, overAndOver));
  return plays;
}
