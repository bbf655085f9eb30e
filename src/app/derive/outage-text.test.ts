import { expect, test } from "vitest";
import { unwrap } from "#core/run/failure.ts";
import { parseConfig } from "#core/run/config/parse-config.ts";
import { duration } from "../format/units.ts";
import { openLane, recordedLane, withEvents } from "../stores/runs.ts";
import { tokensOf } from "../testing/sample-tokens.ts";
import { recordOf } from "../testing/scripted-device.ts";
import { laneSummary } from "./lane-text.ts";
import { outageText, reconnectingText } from "./outage-text.ts";
import { verdictOf } from "./verdict-line.ts";

const config = unwrap(parseConfig({ prompt: "x", cut: 4, codec: "f32", link: "5g" }));
const tokens = tokensOf([
  { deviceMs: 30, edgeMs: 40 },
  { deviceMs: 4, uplinkMs: 30, edgeMs: 8, downlinkMs: 8 },
  { deviceMs: 4, uplinkMs: 30, edgeMs: 8, downlinkMs: 8, outageMs: 11_000, otherMs: 1 },
  { deviceMs: 4, uplinkMs: 30, edgeMs: 8, downlinkMs: 8 },
]);

test("while the edge is away the headline says which attempt comes when, and stops saying so with the next word of it", () => {
  const lane = openLane("k", config, null, null);
  const away = { kind: "link", state: "reconnecting", why: "closed", attempt: 3, of: 24, waitMs: 3_900 } as const;
  const waiting = withEvents(lane, [away]);
  expect(verdictOf(waiting).text).toBe("Reconnecting, attempt 3 of about 24 (next in 4 s).");
  expect(reconnectingText(withEvents(lane, [{ ...away, waitMs: 100 }]))).toBe("Reconnecting, attempt 3 of about 24.");
  for (const state of ["connected", "resumed", "replaying"] as const)
    expect(reconnectingText(withEvents(waiting, [{ kind: "link", state, why: "" }]))).toBeNull();
});

test("an outage is told beside the figures and is in none of them", () => {
  const lane = recordedLane("k", recordOf(config, tokens, { outages: [{ after: 2, ms: 11_000, attempts: 4 }] }));
  const { text, under } = verdictOf(lane);
  expect(text).toContain(`${duration(151 / 3)} a token`);
  expect(text).toContain("The link takes 75% of it.");
  expect(under).toContain(
    `The edge server was away for ${duration(11_000)} after token 2: what a token takes leaves that out.`,
  );
  expect(laneSummary(lane)).toContain(`away for ${duration(11_000)}`);
  expect(outageText({ ...lane, record: null })).toEqual(outageText(lane));
});

test("a run that failed says so in the headline, with what there was", () => {
  const failed = { kind: "failed", failure: { code: "edge-gone", url: "u", attempts: 3 } } as const;
  const lane = { ...recordedLane("k", recordOf(config, tokens, { finish: failed })), origin: "live" } as const;
  expect(verdictOf(lane).text).toBe("The run failed after 4 tokens.");
  expect(verdictOf({ ...lane, tokens: [] }).text).toBe("The run failed before its first token.");
});
