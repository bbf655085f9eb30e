import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { readTrace } from "./mahimahi.ts";
import { syntheticDay } from "./synthetic-day.ts";
import { parseTrace } from "./trace.ts";

test("the trace that ships is the synthetic day of seed 1, and one that can be replayed", async () => {
  const shipped = await readFile(new URL("../../../public/traces/synthetic-day.csv", import.meta.url), "utf8");
  expect(shipped).toBe(syntheticDay(1));
  expect(parseTrace("synthetic-day", shipped)).toMatchObject({
    ok: true,
    value: { stepMs: 125, rows: { length: 80 } },
  });
  expect(syntheticDay(2)).not.toBe(shipped);
});

describe("a trace of one's own", () => {
  test("Mahimahi's chances become rates, outages included", () => {
    const source = [...Array.from({ length: 10 }, (_, at) => at * 10), 250, 250].join("\n");
    expect(readTrace("m", source)).toMatchObject({
      ok: true,
      value: {
        stepMs: 100,
        rows: [{ uplinkMbps: 1.2, downlinkMbps: 1.2, rttMs: 0 }, { uplinkMbps: 0 }, { uplinkMbps: 0.24 }],
      },
    });
  });
  test.each([
    [
      "a gap",
      "time_ms,up_mbps,down_mbps,rtt_ms\n0,1,1,5\n100,1,1,5\n300,1,1,5",
      "line 4",
      /every 100 ms, without gaps/,
    ],
    [
      "a negative rate",
      "time_ms,up_mbps,down_mbps,rtt_ms\n0,1,1,5\n100,-1,1,5",
      "line 3",
      /up_mbps as 0, or a number from 0.0001 to 1000000 Mbit\/s, not "-1"/,
    ],
    [
      "a round trip of days",
      "time_ms,up_mbps,down_mbps,rtt_ms\n0,1,1,5\n100,1,1,1e300",
      "line 3",
      /rtt_ms as a number from 0 to 60000 ms/,
    ],
    ["no header", "1,2,3", "line 1", /columns time_ms/],
    ["times that go back", "5\n4", "line 2", /do not go back/],
    ["a chance that is none", "5\nx", "line 2", /whole ms from 0, not "x"/],
    ["a negative time", "-5\n4", "line 1", /whole ms from 0/],
  ])("refuses %s, and says where", (_, source, value, expected) => {
    expect(readTrace("t", source)).toMatchObject({
      ok: false,
      failure: { code: "bad-value", key: "trace:t", value, expected: expect.stringMatching(expected) },
    });
  });
});
