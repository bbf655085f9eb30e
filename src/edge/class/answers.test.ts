import { afterEach, expect, test } from "vitest";
import { classSummary, joined, looked, opened, type ClassSummary, type Opened } from "#core/run/class-messages.ts";
import { unwrap } from "#core/run/failure.ts";
import { parseFailure } from "#core/run/failure/parse-failure.ts";
import { readWith } from "#core/schema/read.ts";
import { CLASS_LIMITS } from "./classes.ts";
import { edgesOf, TestClient, type TestEdge } from "../testing/harness.ts";

const startEdge = edgesOf(afterEach);

interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** Of the failure, where it is one. */
  readonly code: string | null;
  readonly retryAfter: string | null;
}

async function post(
  { url }: Pick<TestEdge, "url">,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(`${url}/class`, { method: "POST", body: text, headers });
  const answer = (await response.json()) as { readonly failure?: unknown };
  const code = response.ok ? null : unwrap(parseFailure(answer.failure)).code;
  return { status: response.status, body: answer, code, retryAfter: response.headers.get("retry-after") };
}

async function open(edge: TestEdge, lesson: number | null = 1): Promise<Opened> {
  return unwrap(readWith(opened, (await post(edge, { ask: "open", lesson })).body));
}

async function look(edge: TestEdge, secrets: Opened, seen = 0): Promise<ClassSummary | null> {
  return unwrap(readWith(looked, (await post(edge, { ask: "look", ...secrets, seen })).body)).summary;
}

const tab = (number: number): string => number.toString(16).padStart(32, "0");
const RUN = {
  mode: "edge-only",
  cut: 0,
  rttMs: null,
  tokens: 9,
  ttftMs: 61.25,
  tpotMs: null,
  upBytes: 120,
  downBytes: 288,
  checked: "unchecked",
  doubtful: false,
};

test("a hundred students join, predict twice and share a run, all at once; then the lecturer ends it", async () => {
  const edge = await startEdge();
  const lecturer = await open(edge);
  const { code } = lecturer;
  const statuses = await Promise.all(
    Array.from({ length: 100 }, async (_, student) => {
      const mine = { code, tab: tab(student) };
      const met = await post(edge, { ask: "join", ...mine });
      expect(unwrap(readWith(joined, met.body))).toEqual({ lesson: 1 });
      const first = await post(edge, { ask: "predict", ...mine, lesson: 1, answers: [0, 1] });
      const second = await post(edge, { ask: "predict", ...mine, lesson: 1, answers: [student % 5, student / 4] });
      const shared = await post(edge, { ask: "share", ...mine, place: 0, run: { ...RUN, ttftMs: student } });
      return [met, first, second, shared].map(({ status }) => status);
    }),
  );
  expect(new Set(statuses.flat())).toEqual(new Set([200]));
  const summary = unwrap(readWith(classSummary, await look(edge, lecturer)));
  expect(summary.students).toBe(100);
  const counts = [0, 1, 2, 3, 4].map((choice) => summary.predictions.filter(({ answers }) => answers[0] === choice));
  expect(counts.map(({ length }) => length)).toEqual([20, 20, 20, 20, 20]);
  expect(summary.runs.map(({ ttftMs }) => ttftMs).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 100 }, (_, i) => i),
  );
  expect(JSON.stringify(summary)).not.toContain(tab(1));
  expect(await look(edge, lecturer, summary.version)).toBeNull();
  expect(await post(edge, { ask: "end", ...lecturer })).toMatchObject({ status: 200, body: {} });
  expect(await post(edge, { ask: "look", ...lecturer, seen: 0 })).toMatchObject({ status: 404, code: "class-refused" });
  expect(await post(edge, { ask: "share", code, tab: tab(1), place: 0, run: RUN })).toMatchObject({ status: 404 });
  const logs = edge.logs.join("");
  expect(logs).toContain("class ended");
  for (const secret of [code, lecturer.secret, tab(1)]) expect(logs).not.toContain(secret);
});

test("what is not figures in the places for figures is refused, and leaves nothing behind", async () => {
  const edge = await startEdge();
  const lecturer = await open(edge);
  const mine = { code: lecturer.code, tab: tab(1) };
  const predict = { ask: "predict", ...mine, lesson: 1, answers: [1] };
  const share = { ask: "share", ...mine, place: 0, run: RUN };
  const hostile: readonly (readonly [unknown, number, string])[] = [
    ["", 400, "bad-value"],
    ["[[[[[[[[[[", 400, "bad-value"],
    [`{"ask":"predict","x":"${"y".repeat(4000)}"}`, 400, "bad-value"],
    [null, 400, "bad-value"],
    [[predict], 400, "bad-value"],
    [{ ask: "steal" }, 400, "bad-value"],
    [{ ...predict, answers: ["the prompt"] }, 400, "bad-value"],
    [{ ...predict, answers: [] }, 400, "bad-value"],
    [{ ...predict, answers: Array.from({ length: 9 }, () => 1) }, 400, "bad-value"],
    [JSON.stringify({ ...predict, answers: [1] }).replace("[1]", "[1e999]"), 400, "bad-value"],
    [{ ...predict, lesson: 1.5 }, 400, "bad-value"],
    [{ ...predict, tab: "a student's name" }, 400, "bad-value"],
    [{ ...predict, prompt: "where am I" }, 400, "unknown-key"],
    [{ ...share, run: { ...RUN, text: "an answer" } }, 400, "unknown-key"],
    [{ ...share, run: { ...RUN, mode: "my own words" } }, 400, "bad-value"],
    [{ ...share, run: { ...RUN, ttftMs: -1 } }, 400, "bad-value"],
    [{ ...share, place: 8 }, 400, "bad-value"],
    [{ ...predict, code: lecturer.code.toLowerCase() }, 400, "bad-value"],
    [`{"ask":"predict","__proto__":{"code":"${lecturer.code}"}}`, 400, "unknown-key"],
    [{ ask: "look", code: lecturer.code, secret: tab(0), seen: 0 }, 403, "class-refused"],
    [{ ask: "end", code: lecturer.code, secret: tab(0) }, 403, "class-refused"],
    [{ ask: "look", code: lecturer.code, secret: "", seen: 0 }, 400, "bad-value"],
    [{ ask: "join", code: "22222", tab: tab(1) }, 404, "class-refused"],
  ];
  for (const [body, status, code] of hostile)
    expect([body, await post(edge, body)]).toEqual([body, expect.objectContaining({ status, code })]);
  expect(await look(edge, lecturer)).toMatchObject({ students: 0, predictions: [], runs: [] });
  expect((await fetch(`${edge.url}/class`)).status).toBe(405);
  expect((await fetch(`${edge.url}/class/${lecturer.code}`)).status).toBe(404);
});

test("secrets that are guessed without end are slowed down, and the lecturer is not", async () => {
  const edge = await startEdge();
  const lecturer = await open(edge);
  const began = performance.now();
  const guesses = await Promise.all(
    Array.from({ length: 700 }, (_, number) =>
      post(edge, { ask: "look", code: lecturer.code, secret: tab(number), seen: 0 }),
    ),
  );
  const { burst, perSecond } = CLASS_LIMITS.strangers;
  const heard = guesses.filter(({ status }) => status === 403).length;
  expect(heard).toBeLessThanOrEqual(burst + (perSecond * (performance.now() - began)) / 1000 + 1);
  const slowed = guesses.filter(({ status, retryAfter }) => status === 429 && retryAfter === "2").length;
  expect(slowed).toBeGreaterThan(0);
  expect(heard + slowed).toBe(guesses.length);
  expect(await look(edge, lecturer)).toMatchObject({ students: 0 });
});

test("who may not use the edge has no class there; a server that stops opens none, and keeps none", async () => {
  const guarded = await startEdge({ accessToken: "sesame" });
  expect(await post(guarded, { ask: "open", lesson: null })).toMatchObject({ status: 401, code: "access-denied" });
  const admitted = await post(guarded, { ask: "open", lesson: null }, { Authorization: "Bearer sesame" });
  expect(admitted.status).toBe(200);
  const stranger = await post(
    guarded,
    { ask: "open", lesson: null },
    { Authorization: "Bearer sesame", Origin: "https://evil.example" },
  );
  expect(stranger).toMatchObject({ status: 401, code: "access-denied" });
  const answer = await fetch(`${guarded.url}/class`, {
    method: "POST",
    headers: { Authorization: "Bearer sesame" },
    body: "{}",
  });
  expect(answer.headers.get("cache-control")).toBe("no-store");

  const stopping = await startEdge();
  const lecturer = await open(stopping);
  await TestClient.open(stopping.url, {}); // what is under way keeps the server for a while
  const drained = stopping.server.drain();
  expect(await post(stopping, { ask: "open", lesson: null })).toMatchObject({ status: 503, code: "edge-draining" });
  expect(await look(stopping, lecturer)).toMatchObject({ students: 0 });
  await drained;
  await expect(look(stopping, lecturer)).rejects.toThrow("fetch failed");
});
