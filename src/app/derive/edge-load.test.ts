import { expect, test } from "vitest";
import { readEdgeStatus } from "../device/edge-status.ts";
import { batchNow, loadPoints, loadSummary, rateText, tokensNow } from "./edge-load.ts";

const RECENT = {
  everyMs: 1000,
  clients: [0, 1, 2],
  waiting: [0, 4, 1],
  batch: [null, 3.5, null],
  batchMost: [null, 6, null],
  tokensPerSecond: [0, 30, 60],
};
const STATUS = {
  upMs: 3000,
  refreshMs: 1000,
  draining: false,
  clients: [],
  clientsMost: 8,
  waitingMost: 64,
  batchMost: 16,
  kvBytes: 0,
  kvBytesMost: 1000,
  residentBytes: 5,
  models: [],
  refusals: [],
  recent: RECENT,
};

test("points are told by how long ago they were", () => {
  const points = loadPoints(RECENT);
  expect(points.map(({ ago, waiting }) => [ago, waiting])).toEqual([
    [2, 0],
    [1, 4],
    [0, 1],
  ]);
  expect(tokensNow(points)).toBe(30);
  expect(batchNow(points)).toEqual({ mean: 3.5, most: 6 });
  expect(batchNow(points.slice(2))).toBeNull();
  expect(tokensNow([])).toBe(0);
});

test("the chart in a sentence", () => {
  expect(loadSummary(STATUS)).toBe(
    "0 clients, 30 tokens a second now. In the last 3 seconds at most 4 steps waited, and at most 6 shared a pass.",
  );
  expect([0.04, 3.21, 12.4, 1234.5].map(rateText)).toEqual(["0.0", "3.2", "12", "1,235"]);
});

test("answers are told apart: figures, too many viewers, no token, no edge there, figures of another kind", () => {
  expect(readEdgeStatus(200, JSON.stringify(STATUS))).toEqual({ kind: "status", status: STATUS });
  expect(readEdgeStatus(429, "")).toEqual({ kind: "busy" });
  expect(readEdgeStatus(401, "")).toMatchObject({ kind: "failed", failure: { code: "access-denied" } });
  expect(readEdgeStatus(404, "nothing")).toEqual({ kind: "none" });
  expect(readEdgeStatus(200, "<!doctype html>")).toEqual({ kind: "none" });
  expect(readEdgeStatus(200, JSON.stringify({ ...STATUS, upMs: "x" }))).toMatchObject({
    kind: "failed",
    failure: { code: "bad-value", key: "status.json.upMs" },
  });
});
