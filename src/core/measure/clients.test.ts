import { describe, expect, it } from "vitest";
import type { ClientRun, RunRecord, TokenEvent } from "../run/record.ts";
import { clientsOf, perTokenOf, servedPerSecond, unfairnessOf } from "./clients.ts";

const client = (changes: Partial<ClientRun> = {}): ClientRun => ({
  ttftMs: 100,
  tpotMs: 10,
  tokens: 11,
  laterTokens: 10,
  edgeMs: 20,
  queueMs: 30,
  same: true,
  ...changes,
});
const token = (index: number, changes: Partial<TokenEvent> = {}): TokenEvent => ({
  index,
  id: 1,
  text: "",
  atMs: 100 + 10 * index,
  spans: [],
  deviceMs: 0,
  encodeMs: 0,
  uplinkMs: 0,
  queueMs: 3,
  edgeMs: 2,
  downlinkMs: 0,
  decodeMs: 0,
  sampleMs: 0,
  outageMs: 0,
  otherMs: index === 0 ? 40 : 0,
  linkMs: 0,
  addedMs: 0,
  upBytes: 0,
  downBytes: 0,
  positions: 1,
  ...changes,
});

describe("clients of one edge", () => {
  const tokens = Array.from({ length: 11 }, (_, index) => token(index));
  it("are this device, without what setting up took, and the simulated ones", () => {
    expect(clientsOf({ tokens })).toEqual([client({ ttftMs: 60 })]);
    expect(clientsOf({ tokens, simulated: [client()] })).toHaveLength(2);
    expect(clientsOf({ tokens: [], simulated: [client()] })).toEqual([client()]);
  });
  it("take the edge's time from rounds where there are any", () => {
    const rounds = [9, 2, 2].map((edgeMs) => ({ edgeMs, queueMs: 1, gained: 3 })) as unknown as NonNullable<
      RunRecord["rounds"]
    >;
    expect(clientsOf({ tokens, rounds })[0]).toMatchObject({ edgeMs: 4, queueMs: 2, laterTokens: 6 });
  });
  it("come to a rate, a share of time a token, and how unlike they are served", () => {
    // Eleven tokens in 200 ms each: 55 a second.
    expect(servedPerSecond([client(), client()])).toBeCloseTo(110);
    expect(perTokenOf([client(), client({ edgeMs: 40 })], "edgeMs")).toBe(3);
    expect(perTokenOf([client({ laterTokens: 0 })], "edgeMs")).toBeNull();
    expect(unfairnessOf([client(), client({ tpotMs: 15 }), client({ tpotMs: null })])).toBe(1.5);
    expect(unfairnessOf([client({ tpotMs: null })])).toBeNull();
  });
});
