import { describe, expect, test } from "vitest";
import { fromAddress } from "#core/run/config/address.ts";
import { unwrap } from "#core/run/failure.ts";
import { admitOrigins, admittedIn, originsElsewhere, withoutServers } from "./named-origins.ts";

const PAGE = "http://lab.example:8080/";
const elsewhere = (address: string): readonly string[] => originsElsewhere(unwrap(fromAddress(address)).config, PAGE);

describe("origins that an address names", () => {
  test.each([
    ["#edge=https://elsewhere.example", ["https://elsewhere.example"]],
    ["#edge=wss://elsewhere.example/below", ["https://elsewhere.example"]],
    ["#edge=HTTP://ELSEWHERE.example:80", ["http://elsewhere.example"]],
    ["#edge=http://lab.example:8080@elsewhere.example", ["http://elsewhere.example"]],
    ["#edge=http://elsewhere.example%5C@lab.example:8080", ["http://elsewhere.example"]],
    ["#edge=http://lab.example:8081", ["http://lab.example:8081"]],
    ["#edge=https://lab.example:8080", ["https://lab.example:8080"]],
    ["#path=4,12@http://elsewhere.example", ["http://elsewhere.example"]],
    ["#path=4,8@http://lab.example:8080,12@http://second.example", ["http://second.example"]],
    ["#path=4,8@http://a.example,12@http://b.example", ["http://a.example", "http://b.example"]],
  ])("%s", (address, origins) => expect(elsewhere(address)).toEqual(origins));

  test.each(["#cut=4", "#edge=http://lab.example:8080", "#edge=ws://lab.example:8080", "#path=4,12"])(
    "%s names none",
    (address) => expect(elsewhere(address)).toEqual([]),
  );

  test("nothing of them is left in what the page starts with", () => {
    const { config } = unwrap(fromAddress("#path=4,8@http://a.example,12@http://b.example&seed=7"));
    const kept = withoutServers(config);
    expect(JSON.stringify(kept)).not.toContain("example");
    expect(kept).toMatchObject({ cut: 4, seed: 7 });
  });
});

test("what is admitted is kept with the entry of the history, and nothing else there admits", () => {
  let state: unknown = null;
  const history = {
    get state() {
      return state;
    },
    replaceState: (next: unknown) => void (state = next),
  };
  expect(admittedIn(state)).toEqual([]);
  expect(admittedIn({ admitted: "https://a" })).toEqual([]);
  admitOrigins(history as unknown as History, ["https://a"]);
  admitOrigins(history as unknown as History, ["https://b"]);
  expect(admittedIn(state)).toEqual(["https://a", "https://b"]);
});
