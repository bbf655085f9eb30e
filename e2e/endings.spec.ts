/**
 * Every ending is a clear one, and the run after it works: stopping, impossible requests, a cut
 * link, a killed edge server, one that comes back, garbage.
 */
import { readFile } from "node:fs/promises";
import { expect, test, type Page } from "@playwright/test";
import { WebSocket } from "ws";
import { SUBPROTOCOL } from "#wire/messages.ts";
import { startEdge } from "#tools/edge-process.ts";
import { failureCode, goodRun, openForRuns, openLab, PROMPTS, run, runUntil, slowLink, SPLIT, visit } from "./lab.ts";
import { SPARE_PORT, TAP_PORT, TEST_URL } from "./servers.ts";
import { sharedLab } from "./shared-lab.ts";
import { openTap } from "./tap.ts";

const split = {
  ...SPLIT,
  prompt: PROMPTS[4],
  temperature: 0,
  maxTokens: 40,
} as const;
const slow = { ...split, link: slowLink(150) } as const;

test("stopping in the middle ends as stopped, with what there was", async ({ browser }) => {
  const page = await sharedLab(browser);
  const whole = await goodRun(page, split);
  const stopped = await run(page, slow, { stopAfter: 5 });
  expect(stopped.finish.kind).toBe("stopped");
  expect(stopped.tokenIds.length).toBeGreaterThanOrEqual(5);
  expect(stopped.tokenIds).toEqual(whole.tokenIds.slice(0, stopped.tokenIds.length));
  expect((await goodRun(page, split)).tokenIds).toEqual(whole.tokenIds);
});

test("what cannot be is refused, with what could be", async ({ browser }) => {
  const page = await sharedLab(browser);
  for (const [config, code] of [
    [{ ...split, cut: -1 }, "bad-value"],
    [{ ...split, cut: 99 }, "cut-out-of-range"],
    [{ ...split, mode: "u-split", cut: 11, tail: 1 }, "empty-middle"],
    [{ ...split, model: "no-such-model" }, "unknown-model"],
    [{ ...split, codec: "f64" }, "bad-value"],
    [{ ...split, colour: "red" }, "unknown-key"],
  ] as const) {
    expect.soft(await failureCode(page, config), JSON.stringify(config)).toBe(code);
    // Rejected before it ran: no record ends with what could be known.
    expect.soft(await run(page, config as never).catch(() => "rejected"), JSON.stringify(config)).toBe("rejected");
  }
  await goodRun(page, { ...split, maxTokens: 3 });
});

test("running out of context ends the run and says so", async ({ browser }) => {
  test.setTimeout(120_000);
  const page = await sharedLab(browser);
  // Raw ids nearly as many as the context: a few steps are left.
  const promptIds = Array.from({ length: 506 }, (_, i) => 100 + (i % 900));
  const { prompt: _, ...base } = split;
  const record = await goodRun(page, {
    ...base,
    model: "concierge-1m",
    cut: 2,
    promptIds,
    temperature: 1,
    seed: 3,
    maxTokens: 100,
  });
  expect(["context", "eos"]).toContain(record.finish.kind);
  const full = await run(page, { ...base, model: "concierge-1m", cut: 2, promptIds: [...promptIds, ...promptIds] });
  expect(full.finish).toMatchObject({ kind: "failed", failure: { code: "prompt-too-long" } });
});

test("an edge that asks for a token gets it by hand or by the address, which then no longer shows it", async ({
  page,
}) => {
  const edge = await startEdge(SPARE_PORT, ["--access-token", "open-sesame"]);
  try {
    await visit(page, edge.url);
    await expect(page.getByTestId("failure")).toHaveAttribute("data-code", "access-denied");
    const token = page.getByTestId("access-token");
    await token.fill("nonsense");
    await page.getByRole("button", { name: "Use it and try again" }).click();
    await expect(page.getByTestId("failure")).toHaveAttribute("data-code", "access-denied");
    await token.fill("open-sesame");
    await page.getByRole("button", { name: "Use it and try again" }).click();
    await expect(page.getByTestId("failure")).toHaveCount(0);
    await page.getByTestId("run").click();
    await expect(page.getByTestId("verdict")).toContainText("a token, cut at", { timeout: 60_000 });

    const other = await page.context().newPage(); // with a session storage of its own
    await openLab(other, edge.url, "access=open-sesame&cut=4");
    expect(other.url()).toBe(`${edge.url}#cut=4&level=expert`);
    expect(JSON.stringify(await goodRun(other, { ...split, maxTokens: 3 }))).not.toContain("sesame");
  } finally {
    await edge.stop("SIGKILL");
  }
});

test("a link that is cut in the middle is resumed, and the tokens are the same", async ({ page }) => {
  const tap = await openTap(TAP_PORT, TEST_URL);
  try {
    await openForRuns(page, tap.url);
    const whole = await goodRun(page, split);
    for (const config of [slow, { ...slow, mode: "edge-only" }, { ...slow, mode: "u-split", tail: 2 }] as const) {
      const cut = tap.cutLinkAfter(6);
      const record = await run(page, config);
      expect.soft(record.finish.kind, config.mode).not.toBe("failed");
      expect.soft(record.tokenIds, config.mode).toEqual(whole.tokenIds);
      expect.soft(tap.sockets, `${config.mode} opened another socket`).toBeGreaterThan(await cut);
    }
  } finally {
    await tap.close();
  }
});

test("garbage costs its sender the session, and nobody else anything", async ({ browser }) => {
  const page = await sharedLab(browser);
  const whole = await goodRun(page, split);
  const { record: running } = await runUntil(page, slow, 1);
  for (const rubbish of [
    Buffer.alloc(3),
    Buffer.alloc(24, 0xff),
    Buffer.from("{"),
    Buffer.alloc(100_000, 7),
    "not json",
    '{"kind":"hello"}',
    "[]",
  ]) {
    const socket = new WebSocket(`${TEST_URL.replace("http", "ws")}/session`, SUBPROTOCOL);
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    await new Promise((resolve) => socket.once("open", resolve));
    socket.send(rubbish);
    await closed;
  }
  expect((await running).tokenIds).toEqual(whole.tokenIds);
});

/** Resident memory of a process in MiB, from /proc. */
async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

test.describe("an edge server of one's own", () => {
  /** Opened once: the server that it came from is another one each time. */
  let page: Page;
  test.beforeAll(async ({ browser }) => {
    const edge = await startEdge(SPARE_PORT);
    page = await browser.newPage();
    await openForRuns(page, edge.url);
    await edge.stop("SIGKILL");
  });
  test.afterAll(() => page.close());

  test("an edge server that is killed and comes back is asked again from the start of the sequence", async () => {
    test.setTimeout(120_000);
    let edge = await startEdge(SPARE_PORT);
    try {
      const whole = await goodRun(page, split);
      const { record: running } = await runUntil(page, slow, 4);
      await edge.stop("SIGKILL");
      edge = await startEdge(SPARE_PORT);
      const record = await running;
      expect(record.finish).not.toMatchObject({ kind: "failed" });
      expect(record.tokenIds).toEqual(whole.tokenIds);
    } finally {
      await edge.stop("SIGKILL");
    }
  });

  test("an edge server that stays away ends the run with a failure that names it; device-only still works", async () => {
    test.setTimeout(180_000);
    const edge = await startEdge(SPARE_PORT);
    const before = await goodRun(page, { ...split, mode: "device-only" });
    const { record: running } = await runUntil(page, slow, 4, { reconnectMs: 3_000 });
    await edge.stop("SIGKILL");
    const record = await running;
    expect(record.finish).toMatchObject({ kind: "failed" });
    if (record.finish.kind === "failed")
      expect(record.finish.failure.code).toMatch(/edge-gone|edge-unreachable|session-lost/);
    expect(record.tokenIds.length, "what there was is kept").toBeGreaterThan(0);
    const after = await run(page, { ...split, mode: "device-only" });
    expect(after.tokenIds).toEqual(before.tokenIds);
  });

  test("SIGTERM lets what runs finish or says that the edge is going, and exits", async () => {
    test.setTimeout(120_000);
    const edge = await startEdge(SPARE_PORT);
    const { record: running } = await runUntil(page, { ...slow, maxTokens: 20 }, 4, { reconnectMs: 3_000 });
    const ended = edge.stop("SIGTERM");
    const record = await running;
    if (record.finish.kind === "failed")
      expect(record.finish.failure.code).toMatch(/edge-draining|edge-gone|edge-unreachable|session-lost/);
    expect(await ended).toBe(0);
  });

  test("sessions that end in every way leave no memory behind", async () => {
    test.skip(process.platform !== "linux", "reads /proc");
    test.setTimeout(180_000);
    const edge = await startEdge(SPARE_PORT);
    try {
      await goodRun(page, split);
      for (let i = 0; i < 5; i++) await run(page, split, { stopAfter: 2 });
      const before = await residentMiB(edge.pid);
      for (let i = 0; i < 15; i++) await run(page, { ...split, cut: i % 13 }, { stopAfter: 2 });
      // 15 sessions hold 45 MB of KV caches between them: a leak would show. Those of the last runs may still be closing.
      await expect.poll(async () => (await residentMiB(edge.pid)) - before, { timeout: 10_000 }).toBeLessThan(40);
    } finally {
      await edge.stop("SIGKILL");
    }
  });
});

test("a tab that is closed leaves no session behind", async ({ context }) => {
  const edge = await startEdge(SPARE_PORT);
  const sessions = async (): Promise<number> =>
    Number(
      /^cutlayer_sessions(?:\{[^}]*\})? (\d+)/m.exec(await (await fetch(`${edge.url}metrics`)).text())?.[1] ??
        Number.NaN,
    );
  try {
    expect(await sessions()).toBe(0);
    const page = await context.newPage();
    await openForRuns(page, edge.url);
    await runUntil(page, slow, 2);
    expect(await sessions()).toBeGreaterThan(0);
    await page.close();
    await expect.poll(sessions, { timeout: 15_000 }).toBe(0);
  } finally {
    await edge.stop("SIGKILL");
  }
});
