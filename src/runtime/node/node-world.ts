/**
 * The engine's world over Node: models from folders, computing on the CPU, links over plain
 * sockets. For tools that are a client of an edge server without a browser.
 * Twin: runtime/web/web-world.ts.
 */
import { availableParallelism } from "node:os";
import { BUILD } from "#core/run/build.ts";
import { fail, unwrap } from "#core/run/failure.ts";
import { gatherCrowd } from "#engine/crowd/crowd.ts";
import { createModelHost } from "#engine/model/model-host.ts";
import { socketChannel } from "#engine/link/socket-channel.ts";
import type { World } from "#engine/run/world.ts";
import type { EdgeLink, LinkNotice } from "#engine/link/edge-link.ts";
import { nodeClock, nodeTimer } from "./host/clock.ts";
import { openModelFolder } from "./model/model-folder.ts";
import { nodeRuntime } from "./model/onnx-runtime.ts";
import { connectNodeSocket } from "./link/socket.ts";
import { openTokenizer } from "./model/tokenizer.ts";

export interface NodeWorldParts {
  /** The folder that holds a model's folder, by its name. */
  readonly models: string;
  /** The edge server's address where a config names none. */
  readonly edge: string;
}

export function nodeWorld({ models, edge }: NodeWorldParts): World {
  const openLink = (url: string | undefined, onNotice: (notice: LinkNotice) => void): EdgeLink =>
    socketChannel(url ?? edge, { connect: connectNodeSocket, clock: nodeClock, timer: nodeTimer, onNotice });
  return {
    clock: nodeClock,
    openModel: async (name) => {
      const folder = unwrap(await openModelFolder(`${models}/${name}`));
      return {
        manifest: folder.manifest,
        tokenizer: await openTokenizer(folder),
        shards: { get: (shard) => folder.readShard(shard), holds: () => Promise.resolve(true) },
      };
    },
    openHost: async ({ manifest, readShard, threads }) =>
      createModelHost(
        await nodeRuntime({ backend: "cpu", threads: threads === 0 ? 1 : threads, grain: "segment" }),
        manifest,
        readShard,
      ),
    openGenerator: () =>
      fail({ code: "backend-unavailable", backend: "transformers.js", why: "it runs in the page only" }),
    openTrace: (name) =>
      fail({
        code: "bad-value",
        key: "link",
        value: `trace:${name}`,
        expected: "a preset or figures: recorded links are the page's",
      }),
    openLink: async (url, onNotice) => openLink(url, onNotice),
    gather: (url, request) =>
      gatherCrowd(request, { clock: nodeClock, timer: nodeTimer, openLink: () => openLink(url, () => undefined) }),
    facts: () => ({
      commit: BUILD.commit,
      startedAt: new Date().toISOString(),
      browser: `Node ${process.versions.node}`,
      cores: availableParallelism(),
      clockResolutionMs: 0,
      hidden: false,
    }),
  };
}
