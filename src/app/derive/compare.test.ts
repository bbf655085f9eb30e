import { expect, test } from "vitest";
import { parseConfig } from "#core/run/config/parse-config.ts";
import { unwrap } from "#core/run/failure.ts";
import { recordOf } from "../testing/scripted-device.ts";
import { tokensOf } from "../testing/sample-tokens.ts";
import { compared } from "./compare.ts";

const config = unwrap(parseConfig({ prompt: "x" }));
const sound = recordOf(config, tokensOf([{ edgeMs: 50 }, { edgeMs: 50 }]));

test("an outage has a row of its own, and is in the whole answer, also where the run ended in it", () => {
  const outages = [{ after: 2, ms: 900, attempts: 3 }];
  const { figures } = compared(sound, { ...sound, outages });
  const row = (wanted: string) => figures.find(({ name }) => name === wanted);
  expect(row("Of it, no connection")).toMatchObject({ first: "0\u00a0ms", second: "900\u00a0ms" });
  expect(row("Whole answer")).toMatchObject({ first: "100\u00a0ms", second: "1.00\u00a0s" });
  expect(row("Time per token")?.ratio).toBe("the same");
});

test("without one there is no such row", () =>
  expect(compared(sound, sound).figures.map(({ name }) => name)).not.toContain("Of it, no connection"));
