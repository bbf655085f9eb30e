/** A world of values for tests: a tiny model on the float64 reference, an edge without a network. */
import type { RunConfig } from "#core/run/config.ts";
import { fail } from "#core/run/failure.ts";
import { referenceLogits } from "#core/reference/reference.ts";
import { pick } from "#core/sampling/sample.ts";
import { gatherCrowd } from "../crowd/crowd.ts";
import type { Timer } from "../link/link-ports.ts";
import type { CancelSignal, Clock, ModelHost, ShardStore, Tokenizer } from "../ports.ts";
import { socketChannel } from "../link/socket-channel.ts";
import type { Patience } from "../link/socket-connection.ts";
import type { GenerateOptions, HostRequest, WholeModelGenerator, World } from "../run/world.ts";
import { LoopbackEdge } from "./loopback-edge.ts";
import { OracleHost } from "./oracle-host.ts";
import { readTinyShard, tinyModel, type TinyModel } from "./tiny-model.ts";

export interface TestWorld {
  readonly world: World;
  readonly edge: LoopbackEdge;
  readonly edgeHost: OracleHost;
  readonly deviceHosts: OracleHost[];
  readonly shardsRead: string[];
}

export interface TestWorldParts {
  readonly clock: Clock;
  readonly timer: Timer;
  readonly patience?: Patience;
  readonly model?: TinyModel;
  /** Further models there are, by their manifests' names. */
  readonly others?: readonly TinyModel[];
}

export function testWorld({ clock, timer, patience, model = tinyModel(), others = [] }: TestWorldParts): TestWorld {
  const edgeHost = new OracleHost(model);
  const edge = new LoopbackEdge(edgeHost, clock, () => new Promise((resolve) => void timer.after(1, resolve)));
  const deviceHosts: OracleHost[] = [];
  const shardsRead: string[] = [];
  const known = new Map([model, ...others].map((each) => [each.manifest.name, each]));
  const shardsOf = (each: TinyModel): ShardStore => ({
    get: async (shard, onProgress) => {
      shardsRead.push(shard.sha256);
      onProgress(shard.bytes, false);
      return readTinyShard(each)(shard);
    },
    holds: () => Promise.resolve(false),
  });
  const world: World = {
    clock,
    openModel: async (name) => {
      const found = known.get(name) ?? fail({ code: "unknown-model", model: name, known: [...known.keys()] });
      return { manifest: found.manifest, tokenizer: letters, shards: shardsOf(found) };
    },
    openHost: ({ manifest, readShard }: HostRequest): Promise<ModelHost> => {
      const host = new OracleHost(known.get(manifest.name) ?? model, readShard);
      deviceHosts.push(host);
      return Promise.resolve(host);
    },
    openGenerator: () => Promise.resolve(new ReferenceGenerator(model)),
    openTrace: (name) =>
      Promise.resolve({
        name,
        stepMs: 100,
        rows: [{ timeMs: 0, uplinkMbps: 1, downlinkMbps: 1, rttMs: 10, jitterMs: 0, loss: 0 }],
      }),
    openLink: (url, onNotice) =>
      Promise.resolve(
        socketChannel(url ?? "http://edge.test", {
          connect: edge.connect,
          clock,
          timer,
          onNotice,
          ...(patience === undefined ? {} : { patience }),
        }),
      ),
    gather: (url, request) =>
      gatherCrowd(request, {
        clock,
        timer,
        openLink: () =>
          socketChannel(url ?? "http://edge.test", { connect: edge.connect, clock, timer, onNotice: () => undefined }),
      }),
    facts: () => ({
      commit: "test",
      startedAt: "2026-01-01T00:00:00Z",
      browser: "none",
      cores: 1,
      clockResolutionMs: 0,
      hidden: false,
    }),
  };
  return { world, edge, edgeHost, deviceHosts, shardsRead };
}

/** Stands for an engine of somebody else's: it has the same weights and shows only its tokens. */
class ReferenceGenerator implements WholeModelGenerator {
  readonly description: WholeModelGenerator["description"] = {
    runtime: "reference generator",
    backend: "cpu",
    adapter: null,
    software: true,
    threads: 1,
  };
  readonly #model: TinyModel;

  constructor(model: TinyModel) {
    this.#model = model;
  }

  async *generate(
    promptIds: readonly number[],
    { maxTokens, stopIds, sampling }: GenerateOptions,
    signal: CancelSignal,
  ): AsyncGenerator<number, void> {
    const ids = [...promptIds];
    for (let made = 0; made < maxTokens && !signal.aborted; made++) {
      const { id } = pick(
        referenceLogits(this.#model.manifest.architecture, this.#model.weights, ids).at(-1) ?? [],
        sampling,
        ids.length,
      );
      ids.push(id);
      yield id;
      if (stopIds.includes(id)) return;
    }
  }

  memory(): { weightBytes: number; kvBytes: number } {
    return { weightBytes: 1, kvBytes: 0 };
  }

  async close(): Promise<void> {}
}

/** One character an id below 90, and back; turns are opened by the ids 91 and up. */
const letters: Tokenizer = {
  encode: (text) => Array.from(text, (character) => character.charCodeAt(0) % 90),
  prompt: (text) => letters.encode(text),
  decode: (ids) => ids.map((id) => String.fromCharCode(id + 32)).join(""),
  conversation: (messages) =>
    messages.flatMap(({ role, content }) => [
      role === "user" ? 91 : 92,
      ...Array.from(content, (character) => character.charCodeAt(0) % 90),
    ]),
};

/** A config of every key, changed where a test cares. */
export function testConfig(changes: Partial<RunConfig> & Pick<RunConfig, "mode">): RunConfig {
  return {
    model: "tiny",
    cut: 2,
    tail: 1,
    codec: "f32",
    kvCache: true,
    backend: "wasm",
    link: "loopback",
    prompt: "book a table",
    maxTokens: 8,
    endless: false,
    temperature: 0,
    topK: 0,
    topP: 1,
    seed: 1,
    draftModel: "tiny-draft",
    draftLength: 4,
    exit: "trained",
    verify: "coupled",
    windows: 1,
    threshold: 0.8,
    edgeLoad: 1,
    clients: 1,
    threads: 1,
    maxDeviceMb: 0,
    minDeviceBlocks: 0,
    maxEdgeKvMb: 0,
    busyClients: 0,
    objective: "least-time",
    maxTpotMs: 0,
    ...changes,
  };
}
