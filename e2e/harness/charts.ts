/**
 * The live token chart on a page of its own, fed by the benchmark: the page's chart and the bare
 * drawing take the same tokens at the same pace.
 */
import { spansOf } from "#core/run/record/spans.ts";
import { createElement, type ReactNode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { TOKEN_PARTS, type TokenEvent } from "#core/run/record.ts";
import { OutagePattern } from "#app/views/lanes/outage-pattern.tsx";
import { reachOf } from "#app/charts/axis/clip.ts";
import { roomFor } from "#app/charts/run/bars/place.ts";
import { TokenStack } from "#app/charts/run/token-chart.tsx";
import { partsMs } from "#app/derive/timeline.ts";
import "#app/styles/tokens.css";
import { PlainBars } from "./plain-bars.ts";

export type ChartArm = "plain" | "page";

export interface ChartHarness {
  /** Draws the first `from` tokens, and resolves when the page has come to rest. */
  begin(arm: ChartArm, from: number): Promise<void>;
  /** One token more at each update, `everyMs` apart, up to `to`. Resolves with how many updates there were. */
  stream(to: number, everyMs: number): Promise<number>;
}

const WIDTH = 720;

/** More than comes: the axis never has just the room that is needed. */
const MOST = 4096;
const nothing = (): void => undefined;

const DRAWN: Readonly<Record<ChartArm, (tokens: readonly TokenEvent[]) => ReactNode>> = {
  plain: (tokens) => createElement(PlainBars, { tokens, width: WIDTH }),
  page: (tokens) =>
    createElement(TokenStack, {
      widthPx: WIDTH,
      view: { live: true, pointed: null, point: nothing, pick: nothing },
      syncId: "bench",
      all: tokens,
      tokens,
      range: { first: 1, last: roomFor(tokens.length, MOST) },
      parts: TOKEN_PARTS,
      most: reachOf(tokens.map(partsMs)).most,
      level: 20,
    }),
};

/** Nine parts, each of some length, that differ from token to token; the same for every arm. */
function tokenOf(index: number): TokenEvent {
  const parts = Object.fromEntries(TOKEN_PARTS.map((part, nth) => [part, 1 + ((index * 7 + nth * 3) % 11) / 4]));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the table above has every part
  const times = parts as Record<(typeof TOKEN_PARTS)[number], number>;
  const intervalMs = TOKEN_PARTS.reduce((sum, part) => sum + times[part], 0);
  return {
    index,
    id: index,
    text: ` t${index}`,
    atMs: index * intervalMs,
    linkMs: times.uplinkMs + times.downlinkMs,
    addedMs: 0,
    upBytes: 1048,
    downBytes: 28,
    positions: 1,
    spans: spansOf(times),
    ...times,
  };
}

const frame = (): Promise<unknown> => new Promise((resolve) => requestAnimationFrame(resolve));
const pause = (ms: number): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, ms));

let root: Root | null = null;
let arm: ChartArm = "plain";
let count = 0;

function draw(): void {
  const tokens = Array.from({ length: count }, (_, index) => known(index));
  root?.render(createElement("div", null, createElement(OutagePattern), DRAWN[arm](tokens)));
}

/** A token stays the same object from update to update, as in the page's store. */
const all: TokenEvent[] = [];
const known = (index: number): TokenEvent => (all[index] ??= tokenOf(index));

/** A bar is a closed box in one of the paths: an arm that leaves some out would be fast. */
const drawnBars = (): number =>
  [...document.querySelectorAll("#root path")].reduce(
    (sum, path) => sum + (path.getAttribute("d")?.split("z").length ?? 1) - 1,
    0,
  );

const harness: ChartHarness = {
  async begin(which, from) {
    root?.unmount();
    const host = document.querySelector("#root");
    if (host === null) throw new Error("the page has no root");
    root = createRoot(host);
    [arm, count] = [which, from];
    draw();
    await pause(400);
    await frame();
  },
  async stream(to, everyMs) {
    const from = count;
    const start = performance.now();
    while (count < to) {
      count += 1;
      draw();
      await pause(Math.max(0, start + (count - from) * everyMs - performance.now()));
    }
    await frame();
    await frame();
    if (drawnBars() < to * TOKEN_PARTS.length) throw new Error(`${arm} drew ${drawnBars()} bars of ${to} tokens`);
    return to - from;
  },
};

declare global {
  interface Window {
    charts?: ChartHarness;
  }
}

window.charts = harness;
