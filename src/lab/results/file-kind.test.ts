import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { whereToCut } from "../experiments/where-to-cut.ts";
import { zip } from "./zip.ts";
import { fileKindOf } from "./file-kind.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const kindOf = (text: string): string => fileKindOf(bytesOf(text), text).kind;
const record = readFileSync("src/core/run/record/testing/record-schema-1.json", "utf8");
const head = JSON.stringify({ kind: "experiment", schema: 2, experiment: whereToCut });

describe("what a file is", () => {
  test.each([
    ["a record", record, "record"],
    ["records in a list", `[${record},${record}]`, "record"],
    ["records, one a line", `${JSON.stringify(JSON.parse(record))}\n${JSON.stringify(JSON.parse(record))}\n`, "record"],
    ["results", `${head}\n{"kind":"end","whole":true}\n`, "results"],
    ["results that were cut off in their first line", head.slice(0, 200), "results"],
    ["results without their beginning", `{"kind":"run","record":{}}\n{"kind":"r`, "results"],
    ["a declaration", JSON.stringify(whereToCut, null, 2), "experiment"],
    ["a table of a link", "time_ms,up_mbps,down_mbps,rtt_ms\n0,1,1,1\n", "trace-csv"],
    ["one with another header", "time,up,down,rtt\n0,1,1,1\n100,2,2,2\n", "trace-csv"],
    ["one without any header", "0,1,1,1\n100,2,2,2\n", "trace-csv"],
    ["one with a bad row", "time_ms,up_mbps,down_mbps,rtt_ms\n0,x,1,1\n", "trace-csv"],
    ["Mahimahi's", "0\n3\n3\n8\n", "mahimahi"],
    ["Mahimahi's, with a bad line", "0\n3\nthree\n", "mahimahi"],
    ["prompts, one a line", '{"id":"a","prompt":"Find me a museum."}\n', "prompts"],
    ["prompts in a document", '{"prompts":[{"id":"a","prompt":"x"}]}', "prompts"],
    ["nothing", " \n\n", "empty"],
    ["prose with commas", "Dear all,\nwe met, and ate, and left.\n", "unknown"],
    ["other JSON", '{"name":"cutlayer","version":"1"}', "json"],
    ["a number and no more", "[7]", "json"],
    ["an empty list", "[]", "json"],
    ["damaged JSON", '{"name":', "broken-json"],
    ["a record that was cut off", record.slice(0, 300), "broken-json"],
  ])("%s", (_, text, kind) => expect(kindOf(text)).toBe(kind));

  test("bytes that are no text, and an archive by its name", () => {
    const archive = zip([{ name: "a.txt", bytes: bytesOf("a") }]);
    expect(fileKindOf(archive, "")).toMatchObject({ kind: "binary", holds: "files", name: "a zip archive" });
    expect(fileKindOf(Uint8Array.of(0x89, 0x50, 0x4e, 0x47), "")).toMatchObject({ name: "a PNG picture", holds: null });
    expect(fileKindOf(Uint8Array.of(65, 0, 66), "A\0B")).toMatchObject({ kind: "binary", name: "no text" });
  });

  test("a model's files, by how they begin", () => {
    const safetensors = Uint8Array.of(0x40, 0x1f, 0, 0, 0, 0, 0, 0, ...bytesOf('{"a"'));
    expect(fileKindOf(safetensors, "")).toMatchObject({ name: "a model's weights (safetensors)", holds: "model" });
    expect(fileKindOf(bytesOf("GGUF\u0003"), "")).toMatchObject({ holds: "model" });
  });

  test("JSON of somebody else is told by its keys, and damaged JSON by what is wrong", () => {
    const other = '{"name":"cutlayer","version":"1"}';
    expect(fileKindOf(bytesOf(other), other)).toMatchObject({ of: 'an object with "name", "version"' });
    const cut = '{"name":';
    expect(fileKindOf(bytesOf(cut), cut)).toMatchObject({ why: expect.stringMatching(/JSON/) });
  });

  test("an unknown text says with which line it begins", () =>
    expect(fileKindOf(bytesOf("\n\nhello"), "\n\nhello")).toEqual({ kind: "unknown", line: 3, begins: "hello" }));
});
