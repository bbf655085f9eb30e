/** Every object inside a configuration is held to its keys, as the configuration itself is. */
import { expect, test } from "vitest";
import { describeFailure } from "../failure/failure-text.ts";
import { parseConfig } from "./parse-config.ts";

test.each([
  [{ messages: [{ role: "user", content: "x", contnet: "y" }] }, "messages[0]", "contnet", "content"],
  [{ messages: JSON.stringify([{ rolle: "user", content: "x" }]) }, "messages[0]", "rolle", "role"],
  [{ prompt: "x", moves: [{ cut: 4, aftr: 3 }] }, "moves", "aftr", "after"],
  [{ prompt: "x", link: { uplinkMbs: 3 } }, "link", "uplinkMbs", "uplinkMbps"],
  [{ prompt: "x", path: [{ to: 4 }, { to: 8, endpont: "http://a:1" }] }, "path", "endpont", "endpoint"],
])("%j is refused with the nearest right name", (config, of, key, nearest) => {
  const read = parseConfig(config);
  const failure = read.ok ? null : read.failure;
  expect(failure).toMatchObject({ code: "unknown-key", of, key });
  if (failure?.code !== "unknown-key") throw new Error("not refused");
  expect(failure.known[0]).toBe(nearest);
  expect(describeFailure(failure).title).toBe(`${of} has no key named ${key}.`);
  expect(describeFailure(failure).next).toContain(`Did you mean ${nearest}?`);
});

test("a name that is near to none is refused with all that there are", () => {
  expect(parseConfig({ prompt: "x", link: { upMbps: 1 } })).toMatchObject({
    failure: { code: "unknown-key", of: "link", key: "upMbps", known: { length: 5 } },
  });
});
