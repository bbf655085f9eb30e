import { expect, it } from "vitest";
import { readRecording } from "./read-recording.ts";

it("reads a recording made for replays", () => {
  expect(readRecording({ agrees: "101", confidences: [0.5, 0.25, 1] })).toEqual({ ok: true, value: { recording: { agrees: [true, false, true], confidences: [0.5, 0.25, 1] }, knowsConfidence: true, times: null } });
});
it("reads a run that drafted, without the tokens that were never drafted", () => {
  const tokens = ["bonus", "accepted", "accepted", "corrected", "bonus"].map((fate, index) => ({ index, id: 1, fate }));
  const value = { recording: { agrees: [true, true, false], confidences: [1, 1, 1] }, knowsConfidence: false, times: { draftMs: 2, verifyMs: 6 } };
  expect(readRecording({ tokens, totals: { speculation: { draftMs: 2, verifyMs: 6 } } })).toEqual({ ok: true, value });
});
it.each([null, 3, {}, { agrees: "12", confidences: [1, 1] }, { agrees: "10", confidences: [1] }, { agrees: "10", confidences: [1, "x"] }, { tokens: [{ id: 1 }] }])("refuses %j", (value) => {
  expect(readRecording(value)).toMatchObject({ ok: false, failure: { code: "bad-value", key: "replay" } });
});
