/**
 * What every way to an edge server must do, as named cases that throw when it does not: over a
 * socket, over a socket in another worker, over no network at all. Free of any test framework.
 * The edge at the other end runs the tiny model; the cases know its answers from the reference.
 */
import { codecNamed } from "#core/codec/registry.ts";
import { referenceLogits } from "#core/reference/reference.ts";
import { failureOf, unwrap, type Failure, type FailureCode } from "#core/run/failure.ts";
import { pick } from "#core/sampling/sample.ts";
import { FRAME_HEADER_BYTES } from "#core/frames/frame-header.ts";
import { WIRE_VERSION, type DownMessage, type Hello } from "#wire/messages.ts";
import { Cancellation } from "../cancellation.ts";
import type { EdgeSession, Reply } from "../ports.ts";
import { tinyModel, type TinyModel } from "../testing/tiny-model.ts";
import type { EdgeLink, LinkNotice } from "../link/edge-link.ts";
import type { ContractCase } from "./runtime-contract.ts";

/** A link under test and the hands to trouble it with. */
export interface ChannelFixture {
  readonly link: EdgeLink;
  readonly notices: readonly LinkNotice[];
  /** Cuts every connection; the edge keeps its sessions. */
  readonly drop: () => void;
  /** The edge forgets every session. */
  readonly restart: () => Promise<void>;
  /** While set, the edge answers every hello with it. */
  readonly refuse: (failure: Failure | null) => void;
  /** While set, nobody is there to connect to. */
  readonly vanish: (gone: boolean) => void;
  /** Sessions that the edge holds. */
  readonly openSessions: () => number;
  readonly wait: (ms: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

const IDS = [5, 17, 96, 3, 44];
const GREEDY = { temperature: 0, topK: 0, topP: 1, seed: 1 };

/** `makeFixture` opens a fresh fixture, with patience for at most about a second of trouble; the model it serves is `tinyModel()`. */
export function channelContract(makeFixture: () => Promise<ChannelFixture>): readonly ContractCase[] {
  const model = tinyModel();
  const expected = greedy(model, IDS, 8);
  const on = (name: string, body: (fixture: ChannelFixture) => Promise<void>): ContractCase => ({
    name,
    async run() {
      const fixture = await makeFixture();
      try {
        await body(fixture);
        await fixture.link.close();
        for (let turn = 0; turn < 100 && fixture.openSessions() > 0; turn++) await fixture.wait(5);
        check(fixture.openSessions() === 0, "closing the link gives every seat back");
      } finally {
        await fixture.close();
      }
    },
  });

  return [
    on("a session is welcomed and answers", async ({ link }) => {
      const session = await link.open(helloFor(model));
      const reply = await session.ask(generateQuestion(1));
      same(tokenOf(reply), expected[0], "the first token");
      check(
        reply.exchange.upBytes === FRAME_HEADER_BYTES + 4 * IDS.length &&
          reply.exchange.downBytes === FRAME_HEADER_BYTES + 4,
        "bytes are those of the real messages",
      );
      const { roundTripMs, queueMs, computeMs } = reply.exchange;
      check(roundTripMs >= queueMs + computeMs, "the round trip contains the edge's own time");
    }),
    on("a stream gives every token once, in order", async ({ link }) => {
      const session = await link.open(helloFor(model));
      const replies = await all(session, 8);
      same(replies.map(tokenOf), expected, "the tokens");
      check(
        replies.every(({ exchange }, index) => exchange.pipelined === index > 0),
        "later replies are marked as overlapping",
      );
      check(
        replies.slice(1).every(({ exchange }) => exchange.upBytes === 0),
        "only the first reply paid for the question",
      );
    }),
    on("questions may overlap, and each gets its own answer", async ({ link }) => {
      const session = await link.open(helloFor(model));
      await session.ask(generateQuestion(0));
      const again = IDS.map((id, position) =>
        session.ask({ kind: "generate", position, ids: Uint32Array.of(id), generate: 0 }),
      );
      same(
        (await Promise.all(again)).map(({ message }) => message.kind),
        IDS.map(() => "done"),
        "every answer",
      );
    }),
    on("activations go up and come down as they were", async ({ link }) => {
      const middle = await link.open(
        helloFor(model, { segment: { embedding: false, from: 1, to: 1, head: false }, sampling: null }),
      );
      const { hidden } = model.manifest.architecture;
      const values = Float32Array.from({ length: 3 * hidden }, (_, index) => Math.sin(index));
      const codec = unwrap(codecNamed("f32"));
      const payload = codec.encode(values, 3, hidden);
      const { message } = await middle.ask({ kind: "activations", position: 0, count: 3, want: "all", payload });
      if (message.kind !== "activations") throw new Error(`activations came back as ${message.kind}`);
      same([...unwrap(codec.decode(message.payload, 3, hidden))], [...values], "an empty segment's output");
      check(payload.byteLength === 3 * hidden * 4, "the caller keeps its payload");
    }),
    on("a failure of one question leaves the session as it was", async ({ link }) => {
      const session = await link.open(helloFor(model));
      await failsWith(
        session.ask({ kind: "generate", position: 9, ids: Uint32Array.of(1), generate: 1 }),
        "position-gap",
      );
      same(tokenOf(await session.ask(generateQuestion(1))), expected[0], "the next answer");
    }),
    on(
      "a session whose socket breaks just as it is closed leaves nothing behind",
      async ({ link, drop, openSessions, wait }) => {
        const session = await link.open(helloFor(model));
        await session.ask(generateQuestion(1));
        drop();
        await session.close();
        for (let turn = 0; turn < 100 && openSessions() > 0; turn++) await wait(5);
        check(openSessions() === 0, "the seat is given back");
      },
    ),
    on(
      "nor does one that is closed between two attempts to come back",
      async ({ link, drop, vanish, openSessions, wait }) => {
        const session = await link.open(helloFor(model));
        await session.ask(generateQuestion(1));
        vanish(true);
        drop();
        const asked = failsWith(session.ask(generateQuestion(1)), "stopped");
        await wait(40);
        await session.close();
        vanish(false);
        await asked;
        for (let turn = 0; turn < 100 && openSessions() > 0; turn++) await wait(5);
        check(openSessions() === 0, "the seat is given back");
      },
    ),
    on("what the edge refuses with arrives unchanged", async ({ link, refuse }) => {
      refuse({ code: "edge-full", what: "sessions", limit: 3, retryAfterMs: 1500 });
      const failure = await failsWith(link.open(helloFor(model)), "edge-full");
      same(failure, { code: "edge-full", what: "sessions", limit: 3, retryAfterMs: 1500 }, "the failure");
    }),
    on(
      "the end of a socket does not overtake what the edge said before it, on a slow link either",
      async ({ link, refuse, restart }) => {
        await link.shape({
          name: "slow",
          figures: { uplinkMbps: 0, downlinkMbps: 0, rttMs: 80, jitterMs: 0, loss: 0 },
          trace: null,
          seed: 1,
        });
        const session = await link.open(helloFor(model));
        await session.ask(generateQuestion(1));
        await restart();
        await failsWith(session.ask(generateQuestion(1)), "session-lost");
        refuse({ code: "edge-full", what: "sessions", limit: 3, retryAfterMs: 1500 });
        await failsWith(link.open(helloFor(model)), "edge-full");
      },
    ),
    on("nobody there is edge-unreachable", async ({ link, vanish }) => {
      vanish(true);
      await failsWith(link.open(helloFor(model)), "edge-unreachable");
    }),
    on("a dropped connection is resumed, and what was unanswered is asked again", async ({ link, drop, notices }) => {
      const session = await link.open(helloFor(model));
      same(
        (await allWith(session, 8, (index) => index === 2 && drop())).map(tokenOf),
        expected,
        "a stream cut in the middle",
      );
      check(
        notices.some((notice) => notice.kind === "link" && notice.state === "resumed"),
        "resuming is told",
      );
      drop();
      same(tokenOf(await session.ask(generateQuestion(1))), expected[0], "a question after an idle drop");
    }),
    on("an edge that forgot the session makes it session-lost", async ({ link, restart }) => {
      const session = await link.open(helloFor(model));
      await session.ask(generateQuestion(1));
      await restart();
      await failsWith(session.ask(generateQuestion(1)), "session-lost");
      await failsWith(session.ask(generateQuestion(1)), "session-lost");
      same(tokenOf(await (await link.open(helloFor(model))).ask(generateQuestion(1))), expected[0], "a new session");
    }),
    on("an edge that stays away is given up", async ({ link, drop, vanish, restart }) => {
      const session = await link.open(helloFor(model));
      vanish(true);
      drop();
      await failsWith(session.ask(generateQuestion(1)), "edge-gone");
      vanish(false);
      await restart();
    }),
    on("stopping ends a question at once, and the session goes on", async ({ link }) => {
      const session = await link.open(helloFor(model));
      const stop = new Cancellation();
      const got: Reply[] = [];
      const stopped = (async () => {
        for await (const reply of session.stream(generateQuestion(40), stop)) {
          got.push(reply);
          if (got.length === 2) stop.abort();
        }
      })();
      await failsWith(stopped, "stopped");
      check(got.length === 2, "nothing comes after the stop");
      same(tokenOf(await session.ask(generateQuestion(1))), expected[0], "the next answer");
      await failsWith(session.ask(generateQuestion(1), stop), "stopped");
      await failsWith(link.open(helloFor(model), stop), "stopped");
    }),
    on("leaving a stream early ends it at the edge too", async ({ link }) => {
      const session = await link.open(helloFor(model));
      for await (const reply of session.stream(generateQuestion(40))) if (tokenOf(reply) === expected[0]) break;
      same((await all(session, 8)).map(tokenOf), expected, "the next stream");
    }),
    on("every message is traced, with its header and the edge's count beside ours", async ({ link, notices }) => {
      const session = await link.open(helloFor(model));
      await session.ask(generateQuestion(1));
      await session.ask({ kind: "ping", payload: new Uint8Array(0) });
      const frames = notices.flatMap((notice) => (notice.kind === "frame" ? [notice.frame] : []));
      check(
        frames.some(
          ({ direction, header, payloadBytes }) =>
            direction === "up" && header.length === FRAME_HEADER_BYTES && payloadBytes === 4 * IDS.length,
        ),
        "the question's frame",
      );
      check(
        frames.every(({ bytes, header, payloadBytes }) => bytes === header.length + payloadBytes),
        "sizes add up",
      );
      check(
        frames.some(({ edgeCount }) => edgeCount !== null && edgeCount.upBytes > FRAME_HEADER_BYTES),
        "a pong brought the edge's count",
      );
    }),
    on("a shaped link adds what it was asked for, and says so", async ({ link }) => {
      await link.shape({
        name: "test",
        figures: { uplinkMbps: 0, downlinkMbps: 0, rttMs: 80, jitterMs: 0, loss: 0 },
        trace: null,
        seed: 1,
      });
      const session = await link.open(helloFor(model));
      const { exchange } = await session.ask(generateQuestion(1));
      check(
        exchange.addedUpMs > 20 && exchange.addedDownMs > 20,
        `added ${exchange.addedUpMs} up and ${exchange.addedDownMs} down`,
      );
      check(
        exchange.roundTripMs >= exchange.addedUpMs + exchange.addedDownMs,
        "the round trip contains what was added",
      );
      const report = await link.report();
      check(report.met === true && report.realRttMs !== null, "the figures are met");
    }),
  ];
}

function helloFor({ manifest }: TinyModel, changes: Partial<Hello> = {}): Hello {
  const { blocks, context } = manifest.architecture;
  const segment = { embedding: true, from: 0, to: blocks, head: true };
  const { name: model, revision } = manifest;
  return {
    kind: "hello",
    wire: WIRE_VERSION,
    build: "test",
    model,
    revision,
    segment,
    codec: "f32",
    capacity: context,
    kvCache: true,
    sampling: GREEDY,
    edgeLoad: 1,
    verify: null,
    draft: null,
    access: null,
    resume: null,
    ...changes,
  };
}

const generateQuestion = (generate: number) =>
  ({ kind: "generate", position: 0, ids: Uint32Array.from(IDS), generate }) as const;

async function allWith(
  session: EdgeSession,
  count: number,
  onReply: (index: number) => unknown,
): Promise<readonly Reply[]> {
  const replies: Reply[] = [];
  for await (const reply of session.stream(generateQuestion(count))) {
    onReply(replies.length);
    replies.push(reply);
  }
  return replies;
}

const all = (session: EdgeSession, count: number): Promise<readonly Reply[]> =>
  allWith(session, count, () => undefined);

function tokenOf({ message }: { readonly message: DownMessage }): number {
  if (message.kind !== "token") throw new Error(`a token was due, ${message.kind} came`);
  return message.id;
}

/** What the tiny model says after these ids, by the reference. */
function greedy({ manifest, weights }: TinyModel, ids: readonly number[], count: number): readonly number[] {
  const said = [...ids];
  while (said.length < ids.length + count)
    said.push(pick(referenceLogits(manifest.architecture, weights, said).at(-1) ?? [], GREEDY, said.length).id);
  return said.slice(ids.length);
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`not so: ${what}`);
}

function same(got: unknown, expected: unknown, what: string): void {
  check(
    JSON.stringify(got) === JSON.stringify(expected),
    `${what} is ${JSON.stringify(got)}, ${JSON.stringify(expected)} was due`,
  );
}

async function failsWith(work: Promise<unknown>, code: FailureCode): Promise<Failure> {
  const failure = await work.then(
    () => null,
    (thrown: unknown) => failureOf(thrown, "contract"),
  );
  if (failure?.code !== code) throw new Error(`${code} was due, ${JSON.stringify(failure)} came`);
  return failure;
}
