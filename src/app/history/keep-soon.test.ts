import { expect, test } from "vitest";
import { unwrap, type Failure } from "#core/run/failure.ts";
import type { RunRecord } from "#core/run/record.ts";
import { parseConfig } from "#core/run/config/parse-config.ts";
import { tokensOf } from "../testing/sample-tokens.ts";
import { recordOf } from "../testing/scripted-device.ts";
import { createKeepSoon } from "./keep-soon.ts";

const settled = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 0));

test("what keeps runs is fetched before the first; a run that cannot be kept waits, said, and goes in with the next", async () => {
  const kept: RunRecord[] = [];
  const failures: Failure[] = [];
  let opened = 0;
  let there = true;
  const soon = createKeepSoon({
    open: () => {
      opened += 1;
      return there
        ? Promise.resolve(async (each: RunRecord) => void kept.push(each))
        : Promise.reject(new TypeError("Failed to fetch"));
    },
    quiet: (callback) => queueMicrotask(callback),
    fail: (failure) => failures.push(failure),
  });
  soon.prepare();
  await settled();
  expect(opened).toBe(1);

  there = false;
  soon.prepare();
  await settled();
  expect(failures).toEqual([]); // nothing is lost by it

  const [first, second] = [1, 2].map((cut) =>
    recordOf(unwrap(parseConfig({ prompt: "Hi", cut })), tokensOf([{ deviceMs: 1 }])),
  );
  if (first === undefined || second === undefined) throw new Error("two were made");
  soon.keep(first);
  await settled();
  expect(kept).toEqual([]);
  expect(failures).toMatchObject([{ code: "history-unavailable", reason: "not-loaded" }]);

  there = true;
  soon.keep(second);
  await settled();
  expect(kept).toEqual([first, second]);
});
