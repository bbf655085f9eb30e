/**
 * A house model at the edge, over real sockets: clients that decode, verify and send prompts at the same time get the
 * tokens that they would get alone, while their steps share passes.
 */
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { wholeModel } from "#core/model/architecture.ts";
import { unwrap } from "#core/run/failure.ts";
import { NEAR_TIE } from "#core/sampling/sample.ts";
import { openModelFolder, type ModelFolder } from "#node/model/model-folder.ts";
import { openTokenizer } from "#node/model/tokenizer.ts";
import { localCompute } from "./compute/local.ts";
import { TestClient, testEdge, type TestEdge } from "./testing/harness.ts";

const NAME = "concierge-10m";
const FOLDER = fileURLToPath(new URL(`../../public/models/${NAME}`, import.meta.url));
const CLIENTS = 12;
const TOKENS = 24;
const WISHES = ["an Italian restaurant", "a bus to Oakland", "a film tonight", "a doctor", "a hotel", "a song by Abba"];

let edge: TestEdge;
let folder: ModelFolder;
let prompts: readonly (readonly number[])[] = [];

beforeAll(async () => {
  folder = unwrap(await openModelFolder(FOLDER));
  const tokenizer = await openTokenizer(folder);
  prompts = Array.from({ length: CLIENTS }, (_, i) =>
    tokenizer.conversation([
      {
        role: "user",
        content: `Find me ${WISHES[i % WISHES.length]} for ${i + 1}, please.${" Really.".repeat(5 * i)}`,
      },
    ]),
  );
  edge = await testEdge({
    models: [{ folder, tokenizer: () => Promise.resolve(tokenizer) }],
    startCompute: () => {
      const models = [{ name: NAME, path: FOLDER }];
      const compute = localCompute({ models, backend: "cpu", threads: 1, referenceIdleMs: 60_000 });
      return { compute, died: new Promise(() => {}), end: () => compute.dispose() };
    },
    limits: { kvBytes: 1 << 30, sessions: 64, sessionsPerAddress: 64 },
  });
}, 60_000);
afterAll(() => edge.server.close());

interface Said {
  readonly ids: readonly number[];
  /** Of each reply. */
  readonly batches: readonly number[];
}

const open = async (verify: string | null = null): Promise<TestClient> => {
  const { architecture, revision } = folder.manifest;
  const segment = wholeModel(architecture);
  const { client } = await TestClient.open(edge.url, { model: NAME, revision, segment, capacity: 512, verify });
  return client;
};

/** The prompt but for its last id. */
async function fill(client: TestClient, prompt: readonly number[]): Promise<void> {
  const ids = Uint32Array.from(prompt.slice(0, -1));
  const filled = await client.ask({ kind: "generate", sequence: 1, position: 0, ids, generate: 0 });
  if (filled.kind !== "done") throw new Error(`a prompt came back as ${filled.kind}`);
}

/** Behind a prompt that is filled. */
async function decode(client: TestClient, prompt: readonly number[]): Promise<Said> {
  const ids = Uint32Array.of(prompt.at(-1) ?? 0);
  const question = { kind: "generate", sequence: 2, position: prompt.length - 1, ids, generate: TOKENS } as const;
  const said: { ids: number[]; batches: number[] } = { ids: [], batches: [] };
  for (let answer = await client.ask(question); ; answer = await client.nextAnswer()) {
    if (answer.kind !== "token") throw new Error(`in a stream of tokens: ${JSON.stringify(answer)}`);
    said.ids.push(answer.id);
    said.batches.push(answer.timing.batch ?? 1);
    if (answer.finish !== "none") return said;
  }
}

/** A window of what is known to come, with its last token wrong: how many stand, and the shared passes. */
async function verify(client: TestClient, prompt: readonly number[], next: readonly number[]) {
  const drafted = [...next.slice(0, 3), (next[3] ?? 0) + 1];
  await fill(client, prompt);
  const verdict = await client.ask({
    kind: "verify",
    sequence: 2,
    position: prompt.length - 1,
    ids: Uint32Array.from([prompt.at(-1) ?? 0, ...drafted]),
    drafted: drafted.length,
    follows: false,
    payload: new Uint8Array(0),
  });
  if (verdict.kind !== "verified") throw new Error(`a window came back as ${verdict.kind}`);
  return { accepted: verdict.accepted, next: verdict.next, batch: verdict.timing.batch ?? 1 };
}

/** Whether two texts are the same up to a near tie of the reference, behind which anything may follow. */
async function sameButNearTies(
  prompt: readonly number[],
  one: readonly number[],
  other: readonly number[],
): Promise<boolean> {
  const at = one.findIndex((id, index) => id !== other[index]);
  if (at < 0) return one.length === other.length;
  const client = await open();
  const ids = Uint32Array.from([...prompt, ...one.slice(0, at + 1)]);
  const checked = await client.ask({ kind: "check", sequence: 1, ids, judged: 1 });
  client.socket.close();
  return checked.kind === "verdicts" && (checked.margins[0] ?? Infinity) < NEAR_TIE;
}

test(
  "tokens and verdicts of many at once are those of each alone, at a mean batch of four and more",
  { timeout: 120_000 },
  async () => {
    const alone: Said[] = [];
    for (const prompt of prompts) {
      const client = await open();
      await fill(client, prompt);
      alone.push(await decode(client, prompt));
      client.socket.close();
    }
    expect(alone.flatMap(({ batches }) => batches).every((batch) => batch === 1)).toBe(true);

    const clients = await Promise.all(prompts.map(() => open()));
    await Promise.all(prompts.map((prompt, i) => fill(clients[i] ?? unreachable(), prompt)));
    const judges = await Promise.all(prompts.slice(0, 6).map(() => open("greedy")));
    const [together, verdicts] = await Promise.all([
      Promise.all(prompts.map((prompt, i) => decode(clients[i] ?? unreachable(), prompt))),
      Promise.all(judges.map((client, i) => verify(client, prompts[i] ?? [], alone[i]?.ids ?? []))),
    ]);
    for (const [i, prompt] of prompts.entries())
      expect(await sameButNearTies(prompt, alone[i]?.ids ?? [], together[i]?.ids ?? [])).toBe(true);
    for (const [i, { accepted, next }] of verdicts.entries()) expect([accepted, next]).toEqual([3, alone[i]?.ids[3]]);
    const batches = together.flatMap((said) => said.batches);
    expect(batches.reduce((sum, batch) => sum + batch, 0) / batches.length).toBeGreaterThanOrEqual(4);
    for (const { socket } of [...clients, ...judges]) socket.close();
  },
);

const unreachable = (): never => {
  throw new Error("a client for each prompt");
};
