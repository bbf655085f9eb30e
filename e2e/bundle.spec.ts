/** What the built page weighs and what it names: read from dist/, nothing is run. */
import { readFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { expect, test } from "@playwright/test";

const page = fileURLToPath(new URL("../dist/page/", import.meta.url));
const assets = readdirSync(join(page, "assets"));
const source = (file: string): string => readFileSync(join(page, "assets", file), "utf8");
const kB = (files: Iterable<string>): number =>
  [...files].reduce((sum, file) => sum + gzipSync(source(file), { level: 9 }).byteLength, 0) / 1000;

/** The scripts that `entry` imports statically, itself included. */
function closure(entry: string, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(entry) || !assets.includes(entry)) return found;
  found.add(entry);
  for (const [, other = ""] of source(entry).matchAll(/(?:from|import)\s*["'`]\.\/([^"'`]+\.js)["'`]/g))
    closure(other, found);
  return found;
}

const html = readFileSync(join(page, "index.html"), "utf8");
const entries = [...html.matchAll(/(?:src|href)="\.\/assets\/([^"]+\.js)"/g)].map(([, file = ""]) => basename(file));

test("first paint needs at most 180 kB of JavaScript, gzipped", () => {
  expect(entries.length).toBeGreaterThan(0);
  const needed = new Set(entries.flatMap((entry) => [...closure(entry)]));
  const size = kB(needed);
  console.log(`first paint: ${size.toFixed(1)} kB in ${needed.size} scripts`);
  expect(size).toBeLessThanOrEqual(180);
});

/** onnxruntime-web's own JavaScript: the engine, like its wasm. transformers.js is only the baseline's, and loaded by it alone. */
const isEngine = (file: string): boolean => /^ort[.-]/.test(file) || file.endsWith(".mjs");

/** What draws: these, and whatever nothing else needs. */
const DRAWING = /^(run-charts|plot-panels|edge-chart|class-chart|show-bars|figures?)-/;
const drawn = new Set(assets.filter((file) => DRAWING.test(file)).flatMap((file) => [...closure(file)]));
const neededElsewhere = new Set(
  assets.filter((file) => file.endsWith(".js") && !drawn.has(file)).flatMap((file) => [...closure(file)]),
);
const isChart = (file: string): boolean => drawn.has(file) && !neededElsewhere.has(file);

test("everything but the engine and the charts needs at most 475 kB, gzipped", () => {
  const ours = assets.filter(
    (file) => file.endsWith(".js") && !isEngine(file) && !isChart(file) && !file.startsWith("transformers"),
  );
  const size = kB(ours);
  console.log(`everything but the engine and the charts: ${size.toFixed(1)} kB in ${ours.length} scripts`);
  expect(size).toBeLessThanOrEqual(475);
});

for (const [what, name] of [
  ["a run", "run-charts-"],
  ["the lab", "plot-panels-"],
] as const)
  test(`the charts of ${what} need at most 140 kB, gzipped, with all of Recharts that they use`, () => {
    const entry = assets.find((file) => file.startsWith(name) && file.endsWith(".js")) ?? "";
    const charts = [...closure(entry)].filter(isChart);
    const size = kB(charts);
    console.log(`charts of ${what}: ${size.toFixed(1)} kB in ${charts.join(", ")}`);
    expect(charts.length).toBeGreaterThan(1); // Recharts is shared
    expect(size).toBeLessThanOrEqual(140);
  });

test("neither engine nor transformers.js comes with the page or its worker: they are loaded by the run that needs them", () => {
  const worker = assets.find((file) => /^device-.*\.js$/.test(file)) ?? "";
  const loaded = [...entries, worker].flatMap((entry) => [...closure(entry)]);
  expect(loaded).toContain(worker);
  for (const file of loaded) expect(isEngine(file) || file.startsWith("transformers"), file).toBe(false);
});

test("what the page and its workers both need is one script", () => {
  const entryOf = (start: RegExp): string => assets.find((file) => start.test(file)) ?? "";
  const pages = new Set(entries.flatMap((entry) => [...closure(entry)]));
  const device = closure(entryOf(/^device-.{8}\.js$/));
  const link = [...closure(entryOf(/^link-.{8}\.js$/))];
  expect([...device].some((file) => pages.has(file))).toBe(true);
  expect(link.some((file) => device.has(file))).toBe(true);
  // A text each of what they share: reading values, reading frames, calls between page and worker.
  const texts = ["something with fewer faults", "no failure that this version knows", "Proxy has been released"];
  for (const text of texts)
    expect(
      assets.filter((file) => file.endsWith(".js") && source(file).includes(text)),
      text,
    ).toHaveLength(1);
});

test("charts are not part of the first paint", () => {
  const needed = new Set(entries.flatMap((entry) => [...closure(entry)]));
  const charts = assets.filter((file) => file.endsWith(".js") && /(?:cut|token|byte)-chart/.test(source(file)));
  expect(charts.length).toBeGreaterThan(0);
  for (const file of charts) expect([...needed]).not.toContain(file);
  for (const file of needed) expect(isChart(file), file).toBe(false);
});

test("every file that the page names is there, and no path is absolute", () => {
  expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  expect(html).not.toMatch(/(?:src|href)="\//);
  for (const [, file = ""] of html.matchAll(/(?:src|href)="\.\/([^"]+)"/g))
    expect(() => readFileSync(join(page, file)), file).not.toThrow();
});

test("the notices name every package that the page bundles", () => {
  const packages = (text: string): readonly string[] =>
    [...text.matchAll(/^-{72}\n(\S+ \S+) \(/gm)].map(([, name = ""]) => name).sort();
  const shipped = packages(readFileSync(join(page, "third-party-notices.txt"), "utf8"));
  const listed = packages(readFileSync(fileURLToPath(new URL("../THIRD_PARTY_NOTICES", import.meta.url)), "utf8"));
  expect(shipped.length).toBeGreaterThan(10);
  expect(listed, "run `npm run notices`").toEqual(shipped);
});
