import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { unwrap } from "../run/failure.ts";
import type { Hop, Path } from "../run/path.ts";
import { exitFor, resolveSplit } from "../run/config/resolve.ts";
import { MODES } from "../run/config.ts";
import { PLAIN_PLACES } from "./facts.ts";
import { factsOf, isPlannerMode, isRaced, plainMode } from "./table.ts";

const CROSSING = { link: "5g", codec: "int8" } as const;
const place = (mode: (typeof MODES)[number], cut = 4, exit: number | null = null, blocks = 12): Path =>
  factsOf(mode).place({ ...CROSSING, ...unwrap(resolveSplit({ mode, cut, tail: 2 }, blocks)), exit }, blocks);
const blocksOf = ({ segment: { from, to } }: Hop): readonly number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

describe.each(MODES)("the facts of %s", (mode) => {
  const facts = factsOf(mode);

  it("lead a position through every block once, from the embedding to the head", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9 }), fc.nat(12), (cut, depth) => {
        const path = place(mode, cut, exitFor({ mode, exit: "trained" }, cut, [depth]));
        expect(path.flatMap(blocksOf)).toEqual(Array.from({ length: 12 }, (_, index) => index));
        expect(path.map(({ segment }) => segment.embedding)).toEqual(path.map((_, at) => at === 0));
        expect(path.map(({ segment }) => segment.head)).toEqual(path.map((_, at) => at === path.length - 1));
      }),
    );
  });

  it("say of each hop how it is reached: over the link where the tier changes, by the codec where activations travel", () => {
    place(mode).forEach(({ tier, link, codec, segment, endpoint }, at, path) => {
      const crossed = tier !== (path[at - 1]?.tier ?? "device");
      expect(link).toBe(crossed ? CROSSING.link : null);
      expect(codec).toBe(crossed && !segment.embedding ? CROSSING.codec : null);
      expect(endpoint).toBe(null);
    });
  });

  it("agree on what must be open", () => {
    const tiers = place(mode).map(({ tier }) => tier);
    const { host, edge, generator } = facts.needs;
    expect(edge).toBe(tiers.includes("edge"));
    expect(edge).toBe(facts.crosses !== "never");
    expect(host || generator).toBe(tiers.includes("device") || facts.drafts?.where === "device");
    expect(facts.returns).toBe(tiers.includes("edge") && tiers.at(-1) === "device");
    expect(facts.checked === "edge" && (facts.returns || !edge)).toBe(false);
  });

  it("agree on the cut", () => {
    const varies = JSON.stringify(place(mode, 3)) !== JSON.stringify(place(mode, 4));
    expect(varies).toBe(facts.cut !== "none");
    expect(facts.uncut === null).toBe(facts.cut !== "none");
    if (facts.movable) expect(facts).toMatchObject({ cut: "chosen", crosses: "each-token" });
  });

  it("read the keys of what they do", () => {
    const reads = (...keys: readonly (typeof facts.reads)[number][]): boolean =>
      keys.every((key) => facts.reads.includes(key));
    expect(reads("cut")).toBe(facts.cut === "chosen");
    expect(reads("moves")).toBe(facts.movable);
    expect(reads("tail")).toBe(facts.returns);
    expect(reads("path")).toBe(facts.chains);
    expect(reads("link", "edge", "edgeLoad")).toBe(facts.needs.edge);
    expect(reads("threads")).toBe(facts.needs.host || facts.needs.generator);
    expect(reads("draftModel")).toBe(facts.drafts?.with === "model");
    expect(reads("exit")).toBe(facts.drafts?.with === "exit");
    expect(reads("verify", "draftLength")).toBe(facts.drafts?.judged === "windows");
    expect(reads("windows")).toBe(facts.crosses === "each-window");
    expect(reads("objective")).toBe(facts.cut === "planned");
  });

  it("claim no more of its tokens than a draft allows", () => {
    const { lossless, drafts } = facts;
    const expected = drafts === null ? "exact" : drafts.judged === "windows" ? "by-rule" : "lossy";
    expect(lossless).toBe(expected);
  });
});

it("lets the planner choose only what stands alone and is exact", () => {
  for (const mode of MODES.filter(isPlannerMode))
    expect(factsOf(mode)).toMatchObject({ drafts: null, lossless: "exact", returns: false, yields: "tokens" });
});

it("knows one strategy for each plain place, whose path is that place", () => {
  const modes = PLAIN_PLACES.map(plainMode);
  expect(MODES.filter(isPlannerMode).toSorted()).toEqual([...new Set(modes)].toSorted());
  const tiers = modes.map((mode) => place(mode).map(({ tier }) => tier));
  expect(tiers).toEqual([["edge"], ["device"], ["device", "edge"]]);
});

it("races the plain cut against each way to have the model whole", () => {
  expect(MODES.filter(isRaced)).toEqual(["split", "edge-only", "device-only", "baseline"]);
});

it("goes to the edge server that is named", () => {
  const path = factsOf("split").place({ ...CROSSING, edge: "http://far:8080", cut: 4, tail: 0, exit: null }, 12);
  expect(path.map(({ endpoint }) => endpoint)).toEqual([null, "http://far:8080"]);
});
