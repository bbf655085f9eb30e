import { expect, test } from "vitest";
import { bearing, deniedBy } from "./fetching.ts";

test("the token that stands at the time goes along, beside what was asked for; without one nothing does", async () => {
  const asked: Headers[] = [];
  const held: { token?: string } = {};
  const fetch = bearing(
    (_, init) => {
      asked.push(new Headers(init?.headers ?? {}));
      return Promise.resolve(new Response());
    },
    () => held.token,
  );
  await fetch("https://edge/shards/a", { headers: { Range: "bytes=5-" } });
  held.token = "sesame";
  await fetch("https://edge/shards/a", { headers: { Range: "bytes=5-" } });
  expect(asked.map((headers) => [headers.get("range"), headers.get("authorization")])).toEqual([
    ["bytes=5-", null],
    ["bytes=5-", "Bearer sesame"],
  ]);
  expect([200, 401, 404].map((status) => deniedBy(status)?.code ?? null)).toEqual([null, "access-denied", null]);
});
