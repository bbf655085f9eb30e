import { expect, it } from "vitest";
import { readRecordings } from "./read-recording.ts";

const read = (...lines: readonly unknown[]) => readRecordings(lines.map((line) => JSON.stringify(line)).join("\n"));
const run = (...fates: readonly string[]) => ({
  tokens: fates.map((fate, index) => ({ index, id: 1, fate })),
  totals: { speculation: { draftMs: 2, verifyMs: 6 } },
});

it("reads a recording made for replays", () => {
  expect(read({ agrees: "101", confidences: [0.5, 0.25, 1] })).toEqual({
    ok: true,
    value: {
      recording: { agrees: [true, false, true], confidences: [0.5, 0.25, 1] },
      knowsConfidence: true,
      times: null,
      answers: 1,
    },
  });
});
it("reads a run that drafted, without the tokens that were never drafted", () => {
  const value = {
    recording: { agrees: [true, true, false], confidences: [1, 1, 1] },
    knowsConfidence: false,
    times: { draftMs: 2, verifyMs: 6 },
    answers: 1,
  };
  expect(read(run("bonus", "accepted", "accepted", "corrected", "bonus"))).toEqual({ ok: true, value });
  expect(readRecordings(JSON.stringify(run("bonus", "accepted", "accepted", "corrected"), null, 2))).toEqual({
    ok: true,
    value,
  });
});
it("reads an experiment's lines: the runs that drafted, one behind the other, and none of the rest", () => {
  const faster = { ...run("bonus", "corrected"), totals: { speculation: { draftMs: 1, verifyMs: 4 } } };
  const lines = [
    { kind: "experiment" },
    { kind: "run", record: run("bonus", "accepted") },
    { kind: "run", record: { tokens: [{ id: 1 }] } },
    { kind: "failed" },
    { kind: "run", record: faster },
    { kind: "end", whole: true },
  ];
  const value = {
    recording: { agrees: [true, false], confidences: [1, 1] },
    knowsConfidence: false,
    times: { draftMs: 1.5, verifyMs: 5 },
    answers: 2,
  };
  expect(read(...lines)).toEqual({ ok: true, value });
  expect(read(run("bonus", "accepted"), faster)).toEqual({ ok: true, value });
});
it.each([
  null,
  3,
  {},
  [],
  { agrees: "12", confidences: [1, 1] },
  { agrees: "10", confidences: [1] },
  { agrees: "10", confidences: [1, "x"] },
  { agrees: "1", confidences: [1, 1, "x"] },
  { agrees: "10", confidences: [1, 7] },
  { agrees: "", confidences: [] },
  { tokens: [{ id: 1 }] },
  { tokens: "bonus" },
])("refuses %j", (value) => {
  expect(read(value)).toMatchObject({ ok: false, failure: { code: "bad-value", key: "replay" } });
});
it.each([
  ["", "this is empty"],
  ["not JSON at all", "this is neither"],
  ['{"kind":"experiment"}\n{"kind":"end"}', "on one of its lines"],
  [`${JSON.stringify(run("accepted"))}\n{"kind":"run","record":{"tok`, "line 2 is not"],
])("says what is wrong with %j", (text, said) => {
  expect(readRecordings(text)).toMatchObject({
    ok: false,
    failure: { code: "bad-value", expected: expect.stringContaining(said) as string },
  });
});
