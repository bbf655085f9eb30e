/** The server as it is shipped, built and in a process of its own, on the real house models. */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codecNamed } from "#core/codec/registry.ts";
import type { ModelManifest } from "#core/model/manifest.ts";
import { wholeModel, type Segment } from "#core/model/architecture.ts";
import { unwrap } from "#core/run/failure.ts";
import { createModelHost } from "#engine/model/model-host.ts";
import type { ModelHost } from "#engine/ports.ts";
import { openModelFolder } from "#node/model/model-folder.ts";
import { nodeRuntime } from "#node/model/onnx-runtime.ts";
import type { Step } from "./compute/compute.ts";
import { startWorker } from "./compute/worker.ts";
import { buildEdge } from "./testing/build-edge.ts";
import { startProcess, type EdgeProcess } from "./testing/edge-process.ts";
import { stepMany, TestClient } from "./testing/harness.ts";

interface Golden {
  readonly models: Readonly<
    Record<
      string,
      readonly { readonly prompt: string; readonly promptIds: readonly number[]; readonly greedy: readonly number[] }[]
    >
  >;
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const houseModel = (name: string): string => join(ROOT, "public/models", name);

const MODELS = ["concierge-10m", "concierge-1m"] as const;
const f32 = unwrap(codecNamed("f32"));
let built: string;
let edge: EdgeProcess;
let golden: Golden;
const manifests = new Map<string, ModelManifest>();
const devices = new Map<string, ModelHost>();

beforeAll(async () => {
  built = await buildEdge();
  edge = await startProcess(built);
  golden = JSON.parse(await readFile(new URL("../runtime/node/model/golden.json", import.meta.url), "utf8")) as Golden;
  for (const name of MODELS) {
    const folder = unwrap(await openModelFolder(houseModel(name)));
    manifests.set(name, folder.manifest);
    devices.set(
      name,
      createModelHost(await nodeRuntime({ backend: "cpu", threads: 1 }), folder.manifest, (shard) =>
        folder.readShard(shard),
      ),
    );
  }
}, 60_000);
afterAll(async () => {
  edge.child.kill("SIGKILL");
  await Promise.all([...devices.values()].map((host) => host.close()));
  await rm(built, { recursive: true });
});

const manifestOf = (name: string): ModelManifest => manifests.get(name) ?? expect.fail(`no manifest of ${name}`);
const examples = (name: string): Golden["models"][string] =>
  golden.models[name] ?? expect.fail(`nothing golden of ${name}`);

function open(
  name: string,
  segment: Segment,
  more: Parameters<typeof TestClient.open>[1] = {},
): ReturnType<typeof TestClient.open> {
  const { revision } = manifestOf(name);
  return TestClient.open(edge.url, { model: name, revision, segment, capacity: 128, ...more });
}

/** Greedy tokens with the device's part computed here and the rest at the edge. */
async function splitTokens(
  name: string,
  cut: number,
  promptIds: readonly number[],
  count: number,
): Promise<readonly number[]> {
  const { blocks } = manifestOf(name).architecture;
  const { client } = await open(name, { embedding: false, from: cut, to: blocks, head: true });
  return tokensThrough(client, name, cut, promptIds, count);
}

async function tokensThrough(
  client: TestClient,
  name: string,
  cut: number,
  promptIds: readonly number[],
  count: number,
): Promise<readonly number[]> {
  const { architecture } = manifestOf(name);
  const device = await devices
    .get(name)
    ?.open({ embedding: true, from: 0, to: cut, head: false }, { capacity: 128, kvCache: true });
  const ids = [...promptIds];
  for (let position = 0; ids.length < promptIds.length + count;) {
    const fresh = ids.slice(position);
    const out = await device?.step({ kind: "ids", ids: fresh }, position, "all");
    if (out?.kind !== "hidden") throw new Error("the device gave no activations");
    const payload = f32.encode(out.hidden, fresh.length, architecture.hidden);
    const answer = await client.ask({
      kind: "activations",
      sequence: position,
      position,
      count: fresh.length,
      want: "last",
      payload,
    });
    if (answer.kind !== "token") throw new Error(JSON.stringify(answer));
    position = ids.length;
    ids.push(answer.id);
  }
  await device?.close();
  client.socket.close();
  return ids.slice(promptIds.length);
}

describe.each(MODELS)("%s", (name) => {
  test(
    "edge-only gives PyTorch's greedy tokens for every golden prompt, and the check agrees",
    { timeout: 60_000 },
    async () => {
      const { client } = await open(name, wholeModel(manifestOf(name).architecture));
      for (const [sequence, { promptIds, greedy }] of examples(name).entries()) {
        const { ids } = await client.tokens({
          kind: "generate",
          sequence,
          position: 0,
          ids: Uint32Array.from(promptIds),
          generate: greedy.length,
        });
        expect(ids).toEqual(greedy);
        const verdicts = await client.ask({
          kind: "check",
          sequence: 100 + sequence,
          ids: Uint32Array.from([...promptIds, ...ids]),
          judged: ids.length,
        });
        expect(verdicts.kind === "verdicts" ? [...verdicts.ids] : verdicts).toEqual(ids);
      }
      client.socket.close();
    },
  );

  test("every cut gives the same tokens", { timeout: 60_000 }, async () => {
    const { blocks } = manifestOf(name).architecture;
    const [example] = examples(name);
    for (const cut of [0, 1, Math.floor(blocks / 3), blocks - 1, blocks]) {
      expect(await splitTokens(name, cut, example?.promptIds ?? [], 8)).toEqual(example?.greedy.slice(0, 8));
    }
  });
});

test(
  "started with --next it passes on to another server, and to no other: the same tokens",
  { timeout: 60_000 },
  async () => {
    const name = "concierge-10m";
    const { blocks } = manifestOf(name).architecture;
    const [example] = examples(name);
    const front = await startProcess(built, "--next", edge.url);
    const { revision } = manifestOf(name);
    const chained = (endpoint: string) => ({
      model: name,
      revision,
      capacity: 128,
      segment: { embedding: false, from: 3, to: 7, head: false },
      onward: [{ endpoint, segment: { embedding: false, from: 7, to: blocks, head: true }, codec: "f32" }],
    });
    const { client } = await TestClient.open(front.url, chained(edge.url));
    expect(await tokensThrough(client, name, 3, example?.promptIds ?? [], 8)).toEqual(example?.greedy.slice(0, 8));
    await expect(TestClient.open(front.url, chained(front.url))).rejects.toThrow("next-refused");
    front.child.kill("SIGKILL");
  },
);

test("models are loaded before anybody asks", async () => {
  for (
    let tries = 0;
    MODELS.some((name) => !edge.logs().includes(`"model":"${name}","elapsedMs"`)) && tries < 200;
    tries++
  )
    await new Promise((resolve) => setTimeout(resolve, 50));
  expect(edge.logs()).toContain("model ready");
});

test("a chat that calls a tool", async () => {
  const ask = async (stream: boolean) =>
    fetch(`${edge.url}/v1/chat/completions`, {
      method: "POST",
      body: JSON.stringify({
        model: "concierge-10m",
        temperature: 0,
        stream,
        messages: [{ role: "user", content: examples("concierge-10m")[0]?.prompt }],
        tools: [{ type: "function", function: { name: "BookRestaurant" } }],
      }),
    });
  const whole = (await (await ask(false)).json()) as {
    choices: { message: { tool_calls: { function: { name: string; arguments: string } }[] }; finish_reason: string }[];
  };
  expect(whole.choices[0]?.finish_reason).toBe("tool_calls");
  const call = whole.choices[0]?.message.tool_calls[0]?.function;
  expect(call?.name).toBe("BookRestaurant");
  expect(JSON.parse(call?.arguments ?? "")).toHaveProperty("party_size_number");
  expect(await (await ask(true)).text()).toContain('"finish_reason":"tool_calls"');
});

test("eight sessions at eight cuts cost at most 1.3 times one model's weights", { timeout: 60_000 }, async () => {
  const name = "concierge-10m";
  const { architecture } = manifestOf(name);
  const resident = async (): Promise<number> =>
    Number(/process_resident_memory_bytes (\d+)/.exec(await (await fetch(`${fresh.url}/metrics`)).text())?.[1]);
  const fresh = await startProcess(built, "--model", houseModel(name));
  const open = (segment: Segment) =>
    TestClient.open(fresh.url, { model: name, revision: manifestOf(name).revision, segment, capacity: 64 });
  try {
    const one = await open(wholeModel(architecture));
    await one.client.tokens({ kind: "generate", sequence: 1, position: 0, ids: Uint32Array.of(1, 2, 3), generate: 2 });
    const withOne = await resident();
    const all = await Promise.all(
      [0, 1, 3, 4, 6, 8, 10, 12].map((from) => open({ embedding: false, from, to: 12, head: true })),
    );
    for (const { client } of all)
      await client.ask({
        kind: "activations",
        sequence: 1,
        position: 0,
        count: 3,
        want: "last",
        payload: new Uint8Array(3 * 256 * 4),
      });
    const weights = one.welcome.memory.weightBytes;
    for (const { welcome } of all) expect(welcome.memory.weightBytes).toBeLessThanOrEqual(1.3 * weights);
    const kv = all.reduce((sum, { welcome }) => sum + welcome.memory.kvBytes, 0);
    expect((await resident()) - withOne).toBeLessThanOrEqual(0.3 * weights + kv);
  } finally {
    fresh.child.kill("SIGKILL");
  }
});

test("a worker that cannot do what it is asked says so, and dies when told", async () => {
  const { compute, died, end } = startWorker(new URL(`file://${built}/compute-entry.js`), {
    models: [{ name: "gone", path: "/nowhere/gone" }],
    backend: "cpu",
    threads: 1,
    referenceIdleMs: 1000,
  });
  const spec = {
    model: "gone",
    segment: { embedding: true, from: 0, to: 1, head: true },
    codec: "f32",
    sampling: null,
    verify: null,
    draft: null,
    edgeLoad: 1,
    capacity: 8,
    kvCache: true,
  };
  const asked = (seat: string, step: Step) => ({ seat, step, from: 0, to: 1, of: 1 });
  const answers = await stepMany(compute, [
    asked("a", { kind: "open", spec }),
    asked("b", { kind: "open", spec: { ...spec, model: "unknown" } }),
    asked("c", { kind: "ids", position: 0, ids: Uint32Array.of(1), want: "last" }),
  ]);
  expect(answers).toMatchObject([
    { ok: false, failure: { code: "model-broken", model: "gone" } },
    { ok: false, failure: { code: "internal" } },
    { ok: false, failure: { code: "session-lost" } },
  ]);
  await end();
  expect(await died).toContain("ended");
});

test("SIGTERM drains and ends with 0; a wrong option ends with a sentence", { timeout: 30_000 }, async () => {
  const stopping = await startProcess(built, "--model", houseModel("concierge-1m"));
  const { client } = await TestClient.open(stopping.url, {
    model: "concierge-1m",
    revision: manifestOf("concierge-1m").revision,
    capacity: 32,
  });
  stopping.child.kill("SIGTERM");
  expect(await client.next()).toMatchObject({ kind: "refusal", failure: { code: "edge-draining" } });
  expect(await stopping.exited).toBe(0);
  await expect(startProcess(built, "--model", "/nowhere/model")).rejects.toThrow("/nowhere/model");
  await expect(startProcess(built, "--threads", "many")).rejects.toThrow(
    '--threads takes a whole number from 0 to 1024, not "many".',
  );
});
