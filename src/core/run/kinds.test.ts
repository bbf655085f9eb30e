import { expect, it } from "vitest";
import { fromAddress, toAddress } from "./config/address.ts";
import { unwrap } from "./failure.ts";
import { parseRun } from "./kinds.ts";

const keys = { mode: "u-split", prompt: "Find me a museum.", seed: 7 };

it("means generate where no kind is named", () => {
  const run = parseRun(keys);
  expect(run).toMatchObject({ ok: true, value: { kind: "generate", config: keys } });
  expect(parseRun({ ...keys, kind: "generate" })).toEqual(run);
  expect(fromAddress("#kind=generate&mode=u-split")).toEqual(fromAddress("#mode=u-split"));
});

it("writes no kind into a config or its address", () => {
  const { config } = unwrap(parseRun({ ...keys, kind: "generate" }));
  expect(Object.keys(config)).not.toContain("kind");
  expect(toAddress(config)).not.toContain("kind");
});

it("refuses a kind that there is not, and names those there are", () => {
  for (const kind of ["train", "constructor", 1])
    expect(parseRun({ ...keys, kind })).toMatchObject({
      ok: false,
      failure: { code: "bad-value", key: "kind", expected: "one of generate" },
    });
  expect(fromAddress("#kind=learn")).toMatchObject({ ok: false, failure: { code: "bad-value", key: "kind" } });
});

it("refuses what is no object, and what its kind refuses, as the kind does", () => {
  expect(parseRun("x")).toMatchObject({ ok: false, failure: { code: "bad-value", key: "config" } });
  expect(parseRun({ kind: "generate", rounds: 3 })).toMatchObject({ ok: false, failure: { code: "unknown-key" } });
});
