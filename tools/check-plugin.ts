/**
 * `npm test -- plugin FILE [--seed N]`: a plugin of one's own, held to everything: its types against
 * this version's, its form, and its contract suite in whole, a line for each clause. The seed that a
 * clause was tried with is said, and `--seed` takes another; a rule worth citing has seen several.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { clausesOf } from "#core/plugin/plugin-contract.ts";
import type { Addition } from "#core/plugin/read-plugin.ts";
import { describeFailure } from "#core/run/failure/failure-text.ts";
import { Failed, unwrap } from "#core/run/failure.ts";
import { joinPluginFile, readPluginFile } from "#node/plugin-file.ts";
import { withinTime } from "#node/host/within-time.ts";
import { bundlePlugin, PluginError } from "./plugin-bundle.mjs";

const ROOT = resolve(import.meta.dirname, "../..");
const USAGE = "npm test -- plugin FILE [--seed N]";

/** Without the DOM and without Node: both tiers have neither. */
function typeErrors(file: string): string | null {
  const folder = join(ROOT, ".cache/plugins");
  mkdirSync(folder, { recursive: true });
  const config = {
    extends: "../../tsconfig.base.json",
    compilerOptions: {
      composite: false,
      emitDeclarationOnly: false,
      noEmit: true,
      isolatedModules: true,
      typeRoots: [],
      paths: { "#core/*": [`${ROOT}/src/core/*`] },
    },
    files: [file],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", join(folder, "tsconfig.json"), "--pretty", "false"],
    { encoding: "utf8" },
  );
  return status === 0 ? null : stdout.trim();
}

interface Count {
  passed: number;
  failed: number;
}

function report(count: Count, clause: string, objection: string | null, ms: number): void {
  if (objection === null) count.passed++;
  else count.failed++;
  console.log(
    objection === null ? `  ok    ${clause} (${(ms / 1000).toFixed(1)} s)` : `  FAIL  ${clause}: ${objection}`,
  );
}

/** For one clause: the slowest of those that ship takes a few seconds. */
const PATIENCE_MS = 60_000;

function timed(check: () => string | null): readonly [string | null, number] {
  const began = performance.now();
  const made = withinTime(PATIENCE_MS, () => ({ objection: check() })) ?? {
    objection: `not through with it after ${PATIENCE_MS / 1000} seconds, so something in it may never end`,
  };
  return [made.objection, performance.now() - began];
}

function holdToContract(addition: Addition, seed: number, count: Count): void {
  console.log(`\n${addition.kind} ${addition.value.name}, seed ${seed}`);
  for (const { text, check } of clausesOf(addition, "whole", seed)) {
    const [objection, ms] = timed(check);
    report(count, text, objection, ms);
    if (ms >= PATIENCE_MS) return console.log("  what never ends is tried no further");
  }
}

async function main(): Promise<Count> {
  const { values, positionals } = parseArgs({
    args: process.argv.slice(2),
    allowPositionals: true,
    options: { seed: { type: "string", default: "1" } },
  });
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0) throw new PluginError(`One plugin at a time: ${USAGE}`);
  if (!/^\d{1,6}$/.test(values.seed))
    throw new PluginError(`--seed takes a whole number from 0 to 999999, not "${values.seed}".`);
  const count: Count = { passed: 0, failed: 0 };
  const file = resolve(process.env["INIT_CWD"] ?? process.cwd(), path);
  const built = await bundlePlugin(ROOT, file);
  const plugin = unwrap(await readPluginFile(built));
  console.log(`${plugin.file}, sha256 ${plugin.sha256}`);
  if (/\.[cm]?tsx?$/.test(file)) report(count, "has the types of this version", ...timed(() => typeErrors(file)));
  for (const addition of unwrap(await joinPluginFile(plugin))) holdToContract(addition, Number(values.seed), count);
  return count;
}

/** Failures are sentences; anything else is a bug and shows itself whole. */
function sentenceOf(thrown: unknown): string {
  if (thrown instanceof Failed) {
    const { title, detail, next } = describeFailure(thrown.failure);
    return [title, detail, next].join(" ");
  }
  if (thrown instanceof PluginError || (thrown instanceof TypeError && "code" in thrown)) return thrown.message;
  throw thrown;
}

try {
  const { passed, failed } = await main();
  console.log(`\n${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
} catch (thrown) {
  console.error(sentenceOf(thrown));
  process.exitCode = 1;
}
