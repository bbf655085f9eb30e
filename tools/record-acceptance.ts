/**
 * Where a draft agrees with its target, token by token, for replays of draft-length policies:
 * `node dist/tools/record-acceptance.js` lets concierge-10m answer held-out prompts and asks
 * concierge-1m, teacher-forced over the same text under the same noise, what it would have drafted.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { wholeModel } from "#core/model/architecture.ts";
import { unwrap } from "#core/run/failure.ts";
import { isRecord } from "#core/schema/json.ts";
import { pick } from "#core/sampling/sample.ts";
import { confidenceOf } from "#core/speculation/distribution.ts";
import { createModelHost } from "#engine/model/model-host.ts";
import type { SegmentSession } from "#engine/ports.ts";
import { logitsOf } from "#engine/strategies/tiers/segment-output.ts";
import { openModelFolder, type ModelFolder } from "#node/model/model-folder.ts";
import { nodeRuntime } from "#node/model/onnx-runtime.ts";
import { openTokenizer } from "#node/model/tokenizer.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const OUT = join(root, "src/core/speculation/testing/acceptance-concierge.json");
const TOKENS = 2000;
const LONGEST = 80;
const TEMPERATURE = 0.8;

const open = async (name: string): Promise<{ readonly folder: ModelFolder; readonly session: SegmentSession }> => {
  const folder = unwrap(await openModelFolder(join(root, "public/models", name)));
  const host = createModelHost(
    await nodeRuntime({ backend: "cpu", threads: 1, grain: "segment" }),
    folder.manifest,
    (shard) => folder.readShard(shard),
  );
  return {
    folder,
    session: await host.open(wholeModel(folder.manifest.architecture), {
      capacity: folder.manifest.architecture.context,
      kvCache: true,
    }),
  };
};

const rows = async (
  session: SegmentSession,
  ids: readonly number[],
  position: number,
  want: "last" | "all",
): Promise<Float32Array> => logitsOf(session.step({ kind: "ids", ids }, position, want));

async function answer(
  session: SegmentSession,
  promptIds: readonly number[],
  stopIds: readonly number[],
  seed: number,
): Promise<readonly number[]> {
  const ids = [...promptIds];
  let position = 0;
  while (ids.length - promptIds.length < LONGEST) {
    const logits = await rows(session, ids.slice(position), position, "last");
    position = ids.length;
    const { id } = pick(logits, { temperature: TEMPERATURE, topK: 0, topP: 1, seed }, position);
    ids.push(id);
    if (stopIds.includes(id)) break;
  }
  return ids;
}

async function main(): Promise<void> {
  const [target, draft] = [await open("concierge-10m"), await open("concierge-1m")];
  const tokenizer = await openTokenizer(target.folder);
  const { vocabulary } = draft.folder.manifest.architecture;
  const prompts = (await readFile(join(root, "public/prompts/heldout.jsonl"), "utf8")).trim().split("\n");
  const agrees: boolean[] = [];
  const confidences: number[] = [];
  for (const [index, line] of prompts.entries()) {
    if (agrees.length >= TOKENS) break;
    const entry: unknown = JSON.parse(line);
    if (!isRecord(entry) || typeof entry["prompt"] !== "string") continue;
    const promptIds = tokenizer.conversation([{ role: "user", content: entry["prompt"] }]);
    const ids = await answer(target.session, promptIds, target.folder.manifest.stopIds, index);
    const scores = await rows(draft.session, ids.slice(0, -1), 0, "all"); // [n - 1, vocabulary]
    for (let at = promptIds.length; at < ids.length; at++) {
      const row = scores.subarray((at - 1) * vocabulary, at * vocabulary);
      agrees.push(pick(row, { temperature: TEMPERATURE, topK: 0, topP: 1, seed: index }, at).id === ids[at]);
      confidences.push(Math.round(confidenceOf(row) * 1000) / 1000);
    }
  }
  const revisions = { target: target.folder.manifest.revision, draft: draft.folder.manifest.revision };
  const bits = agrees
    .slice(0, TOKENS)
    .map((each) => (each ? "1" : "0"))
    .join("");
  await mkdir(dirname(OUT), { recursive: true });
  await writeFile(
    OUT,
    `${JSON.stringify({ target: "concierge-10m", draft: "concierge-1m", revisions, prompts: "heldout", temperature: TEMPERATURE, rule: "coupled", agrees: bits, confidences: confidences.slice(0, TOKENS) })}\n`,
  );
  console.log(`${bits.length} tokens, the draft agreed on ${agrees.filter(Boolean).length} of ${agrees.length}`);
  await target.session.close();
  await draft.session.close();
}

await main();
