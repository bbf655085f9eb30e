import { describe, expect, it } from "vitest";
import { fromAddress, toAddress } from "./address.ts";
import { unwrap } from "../failure.ts";
import { parseConfig } from "./parse-config.ts";

const TEXT = "4,8@http://edge:8080/f16,12@http://second:8081";
const STOPS = [
  { to: 4 },
  { to: 8, endpoint: "http://edge:8080", codec: "f16" },
  { to: 12, endpoint: "http://second:8081" },
];
const given = (changes: object) => parseConfig({ mode: "split", prompt: "hello", ...changes });

describe("a path of several hops", () => {
  it("is read from its value and from its text alike, and says what cut, edge and codec are", () => {
    for (const path of [TEXT, STOPS])
      expect(unwrap(given({ path }))).toMatchObject({ path: STOPS, cut: 4, edge: "http://edge:8080", codec: "f16" });
  });
  it("goes through an address unchanged", () => {
    const config = unwrap(given({ path: STOPS }));
    expect(unwrap(fromAddress(toAddress(config))).config).toEqual(config);
    expect(unwrap(parseConfig(JSON.parse(JSON.stringify(config))))).toEqual(config);
  });
  it("leaves the first edge server to be the page's own", () => {
    const config = unwrap(given({ path: "1,2,4@ws://second" }));
    expect(config.edge).toBeUndefined();
    expect(config.path).toEqual([{ to: 1 }, { to: 2 }, { to: 4, endpoint: "ws://second" }]);
  });
  it.each([
    ["one hop", "4"],
    ["hops that go back", "4,2@http://a,3@http://b"],
    ["a device with an endpoint", "4@http://a,8@http://b"],
    ["a second edge without an endpoint", "4,8,12"],
    ["an endpoint that is no URL", "4,8@edge"],
    ["a codec that nobody knows", "4,8@http://edge/f17"],
    ["a block that is no number", [{ to: 4 }, { to: "8" }]],
    ["nothing", []],
  ])("refuses %s", (_, path) => {
    expect(given({ path })).toMatchObject({ ok: false, failure: { code: "bad-value" } });
  });
  it("refuses a key that no hop has", () => {
    expect(given({ path: [{ to: 4 }, { to: 8, precision: "f32" }] })).toMatchObject({
      ok: false,
      failure: { code: "unknown-key", of: "path", key: "precision" },
    });
  });
  it.each([
    [{ cut: 3 }, "cut"],
    [{ edge: "http://other" }, "edge"],
    [{ codec: "f32" }, "codec"],
    [{ mode: "u-split" }, "mode"],
    [{ moves: "2@4" }, "moves"],
    [{ clients: 4 }, "clients"],
  ])("refuses %o beside it", (changes, key) => {
    const read = given({ path: TEXT, ...changes });
    expect(read).toMatchObject({ ok: false, failure: { code: "keys-conflict", keys: ["path", key] } });
  });
});
