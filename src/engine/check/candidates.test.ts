/** Scoring a run's text after it: by the uncut model, against the float64 reference, and nowhere that its strategy would not let it go. */
import { afterEach, describe, expect, test } from "vitest";
import { upCode } from "#core/frames/message-table.ts";
import { referenceLogits } from "#core/reference/reference.ts";
import { unwrap } from "#core/run/failure.ts";
import type { RunConfig } from "#core/run/config.ts";
import type { RunRecord } from "#core/run/record.ts";
import { Cancellation } from "../cancellation.ts";
import { createEngine } from "../engine.ts";
import { testConfig, testWorld } from "../testing/test-world.ts";
import { tinyModel } from "../testing/tiny-model.ts";
import { VirtualTime } from "../testing/virtual-time.ts";

const model = tinyModel();

function openLab() {
  const time = new VirtualTime();
  const made = testWorld({ clock: time, timer: time, model });
  const engine = createEngine(made.world);
  const run = (changes: Partial<RunConfig> & Pick<RunConfig, "mode">): Promise<RunRecord> =>
    time.through(engine.run(testConfig(changes), {}, () => undefined, new Cancellation()));
  const score = ({ config, resolved, tokenIds }: RunRecord, signal = new Cancellation()) =>
    time.through(
      engine.candidates({ config, promptIds: resolved?.promptIds ?? [], tokenIds }, () => undefined, signal),
    );
  return { made, engine, time, run, score };
}

let lab = openLab();
afterEach(async () => {
  await lab.time.through(lab.engine.release());
  const left = lab.made.edge.openSessions;
  lab = openLab();
  if (left > 0) throw new Error(`left open: ${left}`);
});

const kindsHeard = (): readonly number[] =>
  lab.made.edge.heard.flatMap((message) => (typeof message === "string" ? [] : [message[0] ?? 0]));

describe("candidates of a run's text", () => {
  test.each(["split", "edge-only", "u-split", "device-only"] as const)(
    "under %s are those of the float64 reference",
    async (mode) => {
      const record = await lab.run({ mode, cut: 2, temperature: 0.8, topP: 0.9 });
      const heardBefore = lab.made.edge.heard.length;
      const kept = JSON.stringify(record);
      const { tokens, where } = unwrap(await lab.score(record));
      const promptIds = record.resolved?.promptIds ?? [];
      const logits = referenceLogits(model.manifest.architecture, model.weights, [...promptIds, ...record.tokenIds]);
      expect(tokens).toHaveLength(record.tokenIds.length);
      for (const [index, { said, rank, best }] of tokens.entries()) {
        const row = logits[promptIds.length - 1 + index] ?? [];
        const weights = Array.from(row, (each) => Math.exp(each));
        const sum = weights.reduce((total, each) => total + each, 0);
        const order = weights.map((_, id) => id).sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0));
        expect(best.map(({ id }) => id)).toEqual(order.slice(0, 5));
        expect(said.id).toBe(record.tokenIds[index]);
        expect(rank).toBe(order.indexOf(said.id) + 1);
        expect(said.odds).toBeGreaterThan(0);
        for (const { id, logProb } of [said, ...best])
          expect(Math.exp(logProb)).toBeCloseTo((weights[id] ?? 0) / sum, 5);
      }
      const told = mode === "split" || mode === "edge-only";
      expect(where).toBe(told ? "edge" : "device");
      expect(kindsHeard().includes(upCode("candidates"))).toBe(told);
      if (!told) expect(lab.made.edge.heard).toHaveLength(heardBefore);
      expect(JSON.stringify(record)).toBe(kept);
    },
  );

  test("an edge that is away is a coded failure, and the next run goes on", async () => {
    const record = await lab.run({ mode: "split", cut: 2 });
    lab.made.edge.unreachable = true;
    expect(await lab.score(record)).toMatchObject({ ok: false, failure: { code: "edge-unreachable" } });
    lab.made.edge.unreachable = false;
    expect((await lab.run({ mode: "split", cut: 2 })).tokenIds).toEqual(record.tokenIds);
  });

  test("a conversation goes on from its caches as if nothing had been scored", async () => {
    const messages = [{ role: "user", content: "hi" }] as const;
    const first = await lab.run({ mode: "split", cut: 2, messages });
    await lab.score(first);
    const answered = [
      ...messages,
      { role: "assistant", content: first.text },
      { role: "user", content: "and" },
    ] as const;
    const second = await lab.run({ mode: "split", cut: 2, messages: answered });
    const unscored = openLab();
    await unscored.run({ mode: "split", cut: 2, messages });
    const expected = await unscored.run({ mode: "split", cut: 2, messages: answered });
    expect(second.tokenIds).toEqual(expected.tokenIds);
    expect(second.resolved?.reusedPositions).toBe(expected.resolved?.reusedPositions);
    await unscored.time.through(unscored.engine.release());
  });
});
