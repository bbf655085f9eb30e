import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseConfig } from "#core/run/config/parse-config.ts";
import { readRunRecord } from "#core/run/record/read-record.ts";
import { unwrap } from "#core/run/failure.ts";
import { tokensOf } from "../testing/sample-tokens.ts";
import { recordOf } from "../testing/scripted-device.ts";
import { readDemoPrompts } from "./demo-prompts.ts";
import { readEdgeInfo } from "./edge-info.ts";
import { readIndex } from "./recordings.ts";

describe("what the page reads", () => {
  test("demo prompts that are whole", () => {
    const whole = { id: "a", kind: "booking", title: "A", prompt: "p", note: "" };
    expect(readDemoPrompts({ prompts: [whole, { id: "b" }, null] })).toEqual([whole]);
    expect(readDemoPrompts(null)).toEqual([]);
    expect(readDemoPrompts({ prompts: "no" })).toEqual([]);
  });

  test("an edge server's account of itself, and nothing else that answers", () => {
    const info = readEdgeInfo("http://a/", {
      build: { id: "x", version: "0.1.0" },
      urls: ["http://b/", 7],
      models: ["m"],
      cores: 4,
    });
    expect(info).toEqual({ url: "http://a/", buildId: "x", urls: ["http://b/"], plugins: [], description: null });
    const plugin = { file: "mine.ts", sha256: "ab".repeat(32) };
    expect(
      readEdgeInfo("http://a/", { build: { id: "x" }, plugins: [plugin, { file: "x.ts", sha256: "../../evil" }, null] })
        ?.plugins,
    ).toEqual([plugin]);
    expect(readEdgeInfo("http://a/", "<!doctype html>")).toBeNull();
    expect(readEdgeInfo("http://a/", { build: 3 })).toBeNull();
  });

  test("records of this schema, and of earlier ones, by the names in the index", () => {
    const record = recordOf(unwrap(parseConfig({ prompt: "x" })), tokensOf([{ deviceMs: 1 }]));
    expect(readRunRecord(JSON.parse(JSON.stringify(record)))).toEqual(record);
    expect(readRunRecord({ ...record, schema: 99 })).toBeNull();
    for (const other of [
      { config: { ...record.config, mode: "magic" } },
      { resolved: { ...record.resolved, mode: "magic" } },
    ])
      expect(readRunRecord({ ...record, ...other })).toBeNull();
    expect(readRunRecord(null)).toBeNull();
    expect(readIndex({ recordings: ["a.json", { file: "b.json" }, 3] })).toEqual(["a.json"]);
    expect(readIndex(undefined)).toEqual([]);
  });

  test("the recordings that ship are whole", () => {
    const shipped = (file: string): unknown =>
      JSON.parse(readFileSync(new URL(`../../../public/recordings/${file}`, import.meta.url), "utf8"));
    const files = readIndex(shipped("index.json"));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) expect(readRunRecord(shipped(file)), file).not.toBeNull();
  });
});
