/** `npm run endure`, in seconds: on an edge server in this process, whose sockets are cut and which goes and comes back. */
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { unwrap } from "#core/run/failure.ts";
import { localCompute } from "#edge/compute/local.ts";
import { freePort, testEdge, type TestEdge } from "#edge/testing/harness.ts";
import { openModelFolder } from "#node/model/model-folder.ts";
import { openTokenizer } from "#node/model/tokenizer.ts";
import { endure } from "./endurance.ts";

const HOUSE = fileURLToPath(new URL("../../public/models", import.meta.url));
const NAME = "concierge-1m";

test("connections cut and servers lost at any moment: every answer is the uncut model's", async () => {
  const folder = unwrap(await openModelFolder(`${HOUSE}/${NAME}`));
  const port = await freePort();
  const start = (): Promise<TestEdge> => {
    const models = [{ name: NAME, path: folder.path }];
    const compute = localCompute({ models, backend: "cpu", threads: 1, referenceIdleMs: 1000 });
    return testEdge({
      port,
      models: [{ folder, tokenizer: () => openTokenizer(folder) }],
      startCompute: () => ({ compute, died: new Promise(() => {}), end: () => compute.dispose() }),
      limits: { kvBytes: 1 << 28 },
    });
  };
  let edge = await start();
  const hurt = {
    kill: async () => {
      edge.server.dropSockets();
      await edge.server.close();
    },
    start: async () => {
      edge = await start();
    },
  };
  const blows = { disconnects: 8, kills: 2, seed: 7, everyMs: [10, 60] } as const;
  const result = await endure({ models: HOUSE, model: NAME, port, clients: 3, ...blows }, hurt);
  await edge.server.close();
  expect(result).toMatchObject({ disconnects: 8, kills: 2, wrong: [] });
  expect(result.interrupted, "somebody was hurt").toBeGreaterThan(0);
}, 60_000);
