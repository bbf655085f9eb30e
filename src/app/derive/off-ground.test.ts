import { describe, expect, test } from "vitest";
import { readGround } from "#core/model/ground.ts";
import { parseConfig } from "#core/run/config/parse-config.ts";
import type { Agreement } from "#core/run/record.ts";
import { unwrap } from "#core/run/failure.ts";
import { openLane, type Lane } from "../stores/runs.ts";
import { EXACT } from "../testing/scripted-device.ts";
import { offGroundText, requestOf } from "./off-ground.ts";

const ground = readGround(
  JSON.stringify({
    schema: 1,
    knows: "tables",
    threshold: 0,
    words: { "-1": "a table please", "3": "#word #name #number" },
  }),
);
const lane = (config: object, change: Partial<Lane> = {}): Lane => ({
  ...openLane("a", unwrap(parseConfig(config)), null, null),
  ...change,
});
const DIFFERENT: Agreement = EXACT.kind === "checked" ? { ...EXACT, exact: false } : EXACT;
const said = (of: Lane): string | null => (ground === null ? null : offGroundText(of, ground));

describe("a request off the model's ground", () => {
  const sonnet = { prompt: "Write a sonnet", mode: "split" };

  test("is said to be, and no more than was checked", () => {
    expect(said(lane(sonnet))).toBe("This looks off its ground: concierge-10m only knows tables.");
    expect(said(lane(sonnet, { agreement: EXACT }))).toMatch(/Uncut it says the same\.$/);
    expect(said(lane(sonnet, { agreement: DIFFERENT }))).not.toMatch(/Uncut/);
    expect(said(lane(sonnet, { agreement: EXACT, sabotage: { kind: "rewind-short", atToken: 4 } }))).not.toMatch(
      /Uncut/,
    );
  });

  test("says nothing on the ground, of a table for two, or of raw ids", () => {
    expect(said(lane({ prompt: "A table please" }))).toBeNull();
    expect(said(lane({ promptIds: [1, 2, 3] }))).toBeNull();
  });

  test("of a conversation the last thing that a person said is judged", () => {
    const messages = [
      { role: "user", content: "a table please" },
      { role: "assistant", content: "for when" },
      { role: "user", content: "explain quantum entanglement" },
      { role: "call", content: "{}" },
    ];
    expect(requestOf(lane({ messages }))).toBe("explain quantum entanglement");
  });
});
