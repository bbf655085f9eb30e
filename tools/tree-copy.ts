/**
 * A copy of the tree to try an addition in: what has to change for it, and what the compiler says of
 * one that is not whole. Only sources and configs are copied; packages and public files are linked.
 */
import { spawn } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { giveKnownTypes } from "./known-types.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const COPIED = ["src", "workers", "tools", "e2e", "package.json", "tsconfig.json", "tsconfig.base.json"] as const;
const CONFIGS = ["tsconfig.test.json", "vite.config.ts", "vitest.config.ts", "playwright.config.ts"] as const;
const LINKED = ["node_modules", "public"] as const;

export interface TreeCopy {
  readonly root: string;
  /** Files of the tree that were changed, apart from those that were added. */
  readonly changed: () => readonly string[];
  /** A file that was not there, out of the tree's own examples; again puts it back as it was. */
  add(file: string, example: string): Promise<void>;
  /** Puts `text` in front of the only place where `mark` stands. */
  insert(file: string, mark: string, text: string): Promise<void>;
  has(file: string, text: string): Promise<boolean>;
  /** Files that do not compile. */
  compile(): Promise<readonly string[]>;
  remove(): Promise<void>;
}

export async function copyTree(): Promise<TreeCopy> {
  const root = await mkdtemp(join(tmpdir(), "cutlayer-tree-"));
  for (const path of [...COPIED, ...CONFIGS]) await cp(join(ROOT, path), join(root, path), { recursive: true });
  for (const path of LINKED) await symlink(join(ROOT, path), join(root, path), "junction");
  await giveKnownTypes(ROOT, root);
  const changed = new Set<string>();
  return {
    root,
    changed: () => [...changed].toSorted(),
    async add(file, example) {
      await cp(join(ROOT, example), join(root, file));
      changed.delete(file);
    },
    async insert(file, mark, text) {
      const [before, after, ...more] = (await readFile(join(root, file), "utf8")).split(mark);
      if (before === undefined || after === undefined || more.length > 0)
        throw new Error(`${mark} does not stand once in ${file}`);
      await writeFile(join(root, file), before + text + mark + after);
      changed.add(file);
    },
    has: async (file, text) => (await readFile(join(root, file), "utf8")).includes(text),
    compile: () => compile(root),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

async function compile(root: string): Promise<readonly string[]> {
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const child = spawn(process.execPath, [tsc, "-b", "--pretty", "false"], { cwd: root });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  const said = Buffer.concat(chunks).toString();
  const files = new Set([...said.matchAll(/^([\w./-]+\.tsx?)\(\d+,\d+\): error/gm)].map(([, file]) => file ?? ""));
  if (code !== 0 && files.size === 0) throw new Error(`the compiler failed: ${said}`);
  return [...files].toSorted();
}
