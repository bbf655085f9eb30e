/** One session of the target and the windows that come to it, in order, again, and in vain. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { wholeModel } from "#core/model/architecture.ts";
import { greedy } from "#core/speculation/rules/greedy.ts";
import { pick } from "#core/sampling/sample.ts";
import type { SegmentSession } from "../../ports.ts";
import { logitsOf } from "../tiers/segment-output.ts";
import { OracleHost } from "../../testing/oracle-host.ts";
import { tinyModel } from "../../testing/tiny-model.ts";
import { WindowJudge, type DraftedWindow } from "./window-judge.ts";

const GREEDY = { temperature: 0, topK: 0, topP: 1, seed: 1 };
const PROMPT = [5, 17, 33];
const host = new OracleHost(tinyModel());
let session: SegmentSession;
let judge: WindowJudge;
/** The prompt and what the target says after it. */
let text: number[];

beforeEach(async () => {
  const alone = await host.open(wholeModel(host.manifest.architecture), { capacity: 64, kvCache: true });
  text = [...PROMPT];
  while (text.length < 14)
    text.push(pick(await logitsOf(alone.step({ kind: "ids", ids: text }, 0, "last")), GREEDY, text.length).id);
  await alone.close();
  session = await host.open(wholeModel(host.manifest.architecture), { capacity: 64, kvCache: true });
  judge = new WindowJudge();
});
afterEach(() => session.close());

const window = (position: number, ids: readonly number[], drafted: number, follows = false): DraftedWindow => ({
  position,
  ids: Uint32Array.from(ids),
  drafted,
  follows,
  hidden: null,
  evidence: new Uint8Array(0),
});
const judged = (each: DraftedWindow) => judge.judge(session, each, greedy, GREEDY);
const at = (position: number): number => text[position] ?? 0;
const wrong = (id: number): number => (id + 1) % 97;

test("the prompt with nothing drafted gives the next token and holds the prompt", async () => {
  expect(await judged(window(0, PROMPT, 0))).toMatchObject({ kind: "judged", position: 3, accepted: 0, next: at(3) });
  expect(session.position).toBe(3);
});

test("what stands stays in the cache, what fell is rewound", async () => {
  expect(await judged(window(0, [...PROMPT, at(3), at(4), wrong(at(5)), at(6)], 4))).toMatchObject({
    position: 5,
    accepted: 2,
    next: at(5),
  });
  expect(session.position).toBe(5);
  expect(await judged(window(5, [at(5), at(6), at(7)], 2))).toMatchObject({ position: 8, accepted: 2, next: at(8) });
});

test("a window behind a whole one is judged from their overlap; behind one that fell it is dropped, and so is what follows it", async () => {
  await judged(window(0, [...PROMPT, at(3), at(4)], 2));
  expect(await judged(window(4, [at(4), at(5), wrong(at(6))], 2, true))).toMatchObject({
    position: 6,
    accepted: 1,
    next: at(6),
  });
  for (const position of [6, 8]) {
    expect(await judged(window(position, [7, 8, 9], 2, true))).toEqual({ kind: "dropped" });
    expect(session.position).toBe(6);
  }
  expect(await judged(window(6, [at(6), at(7)], 1))).toMatchObject({ accepted: 1, next: at(8) });
  expect(await judged(window(7, [at(7), at(8)], 1, true))).toMatchObject({ kind: "judged", accepted: 1 });
});

test("asked again after a dropped socket, a window that fell itself is judged as it was", async () => {
  await judged(window(0, [...PROMPT, at(3), at(4)], 2));
  const fell = window(4, [at(4), wrong(at(5)), at(6)], 2, true);
  const first = await judged(fell);
  expect(await judged(fell)).toEqual(first);
  expect(await judged(window(5, [at(5), at(6)], 1))).toMatchObject({ accepted: 1, next: at(7) });
});
