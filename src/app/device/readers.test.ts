import { describe, expect, test } from "vitest";
import { parseConfig } from "#core/run/parse-config.ts";
import { unwrap } from "#core/run/failure.ts";
import { tokensOf } from "../testing/sample-tokens.ts";
import { recordOf } from "../testing/scripted-device.ts";
import { readDemoPrompts } from "./demo-prompts.ts";
import { readEdgeInfo } from "./edge-info.ts";
import { readIndex, readRecord } from "./recordings.ts";

describe("what the page reads", () => {
  test("demo prompts that are whole", () => {
    const whole = { id: "a", kind: "booking", title: "A", prompt: "p", note: "" };
    expect(readDemoPrompts({ prompts: [whole, { id: "b" }, null] })).toEqual([whole]);
    expect(readDemoPrompts(null)).toEqual([]);
    expect(readDemoPrompts({ prompts: "no" })).toEqual([]);
  });

  test("an edge server's account of itself, and nothing else that answers", () => {
    const info = readEdgeInfo("http://a/", { build: { id: "x", version: "0.1.0" }, urls: ["http://b/", 7], models: ["m"], cores: 4 });
    expect(info).toMatchObject({ buildId: "x", version: "0.1.0", urls: ["http://b/"], models: ["m"], cores: 4 });
    expect(readEdgeInfo("http://a/", "<!doctype html>")).toBeNull();
    expect(readEdgeInfo("http://a/", { build: 3 })).toBeNull();
  });

  test("records of this schema only, by the names in the index", () => {
    const record = recordOf(unwrap(parseConfig({ prompt: "x" })), tokensOf([{ deviceMs: 1 }]));
    expect(readRecord(JSON.parse(JSON.stringify(record)))).toEqual(record);
    expect(readRecord({ ...record, schema: 2 })).toBeNull();
    expect(readRecord(null)).toBeNull();
    expect(readIndex({ recordings: ["a.json", { file: "b.json" }, 3] })).toEqual(["a.json", "b.json"]);
    expect(readIndex(undefined)).toEqual([]);
  });
});
