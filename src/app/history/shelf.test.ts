import { expect, test, vi } from "vitest";
import { failureOf, type Failure } from "#core/run/failure.ts";
import { describeFailure } from "#core/run/failure/failure-text.ts";
import { databaseShelf } from "./database-shelf.ts";
import { memoryShelf } from "./memory-shelf.ts";
import { shelfContract } from "./shelf-contract.ts";
import { LIMITS, tooMany } from "./shelf.ts";

for (const { name, run } of shelfContract(memoryShelf)) test(`a shelf in memory ${name}`, run);

test("a shelf that forgets its limits does not pass", async () => {
  const boundless = shelfContract(() => memoryShelf({ runs: 99, bytes: 1e6 }));
  const wrong = await Promise.all(
    boundless.map(({ run }) =>
      run().then(
        () => null,
        () => "wrong",
      ),
    ),
  );
  expect(wrong.filter((each) => each !== null)).toHaveLength(4);
});

test("what is within the limits stays", () => {
  const key = (atMs: number) => ({ atMs, id: "x", bytes: 1 });
  const keys = Array.from({ length: LIMITS.runs + 2 }, (_, at) => key(at));
  expect(tooMany(keys.slice(0, LIMITS.runs), LIMITS)).toEqual([]);
  expect(tooMany(keys, LIMITS)).toEqual([key(0), key(1)]);
});

async function failureOfFirstUse(factory: () => IDBFactory): Promise<Failure> {
  return databaseShelf(LIMITS, factory)
    .keys()
    .then(
      () => expect.fail("it works"),
      (thrown: unknown) => failureOf(thrown, "test"),
    );
}

test.each([
  ["denied", "SecurityError"],
  ["full", "QuotaExceededError"],
  ["newer", "VersionError"],
  ["damaged", "UnknownError"],
])("a browser that says %s is told apart, in a sentence with a next step", async (reason, name) => {
  const failure = await failureOfFirstUse(() => {
    throw new DOMException("it does not want to", name);
  });
  expect(failure).toEqual({ code: "history-unavailable", reason, what: "it does not want to" });
  const { title, detail, next } = describeFailure(failure);
  expect(title).toBe("Runs cannot be kept beyond this visit.");
  expect(detail).toContain("it does not want to");
  expect(next.length).toBeGreaterThan(10);
});

test("a database that another tab holds in an older form is not waited for, and closed when it comes after all", async () => {
  const closed = vi.fn();
  const request: { onblocked?: () => void; onsuccess?: () => void; result: object } = { result: { close: closed } };
  const opening = failureOfFirstUse(() => ({ open: () => request }) as unknown as IDBFactory);
  await Promise.resolve();
  request.onblocked?.();
  expect(await opening).toMatchObject({ code: "history-unavailable", reason: "held-elsewhere" });
  request.onsuccess?.();
  expect(closed).toHaveBeenCalledOnce();
});

test("a browser without any database is one that denies it", async () => {
  const shelf = databaseShelf(LIMITS, () => undefined as unknown as IDBFactory);
  await expect(shelf.keeping()).rejects.toMatchObject({ failure: { reason: "denied" } });
});
