import { expect, test } from "vitest";
import { OutageLog } from "./outage-log.ts";

const reconnecting = (attempt: number, atMs: number) =>
  ({ kind: "link", state: "reconnecting", why: "closed", attempt, of: 24, waitMs: 100, atMs }) as const;

test("an outage lasts from the drop to the session that goes on, whatever the attempts in between", () => {
  const log = new OutageLog();
  log.hear({ kind: "link", state: "connected", why: "", atMs: 5 }, 0);
  log.hear(reconnecting(1, 100), 3);
  log.hear(reconnecting(2, 100), 3);
  expect(log.within(0, 150)).toBe(50);
  log.hear({ kind: "link", state: "resumed", why: "", atMs: 400 }, 3);
  expect(log.outages).toEqual([{ after: 3, ms: 300, attempts: 2 }]);
  expect([log.within(0, 1000), log.within(200, 300), log.within(400, 1000)]).toEqual([300, 100, 0]);
});

test("one that has no end is as long as somebody waited", () => {
  const log = new OutageLog();
  log.hear(reconnecting(1, 100), 3);
  log.end(900);
  log.end(1200);
  expect(log.outages).toEqual([{ after: 3, ms: 800, attempts: 1 }]);
});
