/**
 * Third-party notices of what the page's bundle contains, found by looking at the bundle itself:
 * every module and asset that came out of node_modules names its package, and the package's own
 * licence text goes into dist/page/third-party-notices.txt. `npm run notices` copies it to the root.
 */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Plugin } from "vite";

interface PackageFile {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/** Folders of the packages that a bundle's files came from. */
const folders = new Set<string>();

/** The innermost package folder that a file lies in, or null outside node_modules. */
export function packageFolder(path: string): string | null {
  const found = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path.replaceAll("\\", "/"));
  return found?.[1] ?? null;
}

export function collectPackages(): Plugin {
  return {
    name: "cutlayer-collect-packages",
    apply: "build",
    applyToEnvironment: (environment) => environment.name === "client",
    generateBundle(_, bundle) {
      const files = Object.values(bundle).flatMap((part) =>
        part.type === "chunk" ? part.moduleIds : part.originalFileNames.map((name) => join(process.cwd(), name)),
      );
      for (const file of files) {
        const folder = packageFolder(file.replace(/^\0/, ""));
        if (folder !== null) folders.add(folder);
      }
    },
  };
}

/** Writes the notices beside the page, once everything is bundled. */
export function writeNotices(page: string): Plugin {
  return {
    name: "cutlayer-write-notices",
    apply: "build",
    applyToEnvironment: (environment) => environment.name === "client",
    async writeBundle() {
      await writeFile(join(page, "third-party-notices.txt"), noticesOf([...folders]));
    },
  };
}

function noticesOf(found: readonly string[]): string {
  const entries = found.map((folder) => entryOf(folder)).sort();
  return `What the page of Cutlayer contains of others' work. The models have cards of their own.\n\n${[...new Set(entries)].join("\n")}`;
}

function entryOf(folder: string): string {
  const described = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as PackageFile;
  const rule = "-".repeat(72);
  return `${rule}\n${described.name} ${described.version} (${described.license ?? "licence not stated"})\n${rule}\n\n${licenceText(folder)}\n`;
}

/** Packages that name MIT and ship no file: whose copyright it is, and what their binaries contain. */
const WITHOUT_FILE: Readonly<Record<string, string>> = {
  "onnxruntime-web": "Copyright (c) Microsoft Corporation",
  "onnxruntime-common": "Copyright (c) Microsoft Corporation",
};

function licenceText(folder: string): string {
  const file = readdirSync(folder).find((name) => /^(licen[cs]e|copying|notice)/i.test(name));
  if (file !== undefined) return readFileSync(join(folder, file), "utf8").trim();
  const holder = WITHOUT_FILE[basename(folder)];
  if (holder === undefined) return "The package ships no licence file; the identifier above is from its package.json.";
  const commit = join(folder, "__commit.txt");
  const inside = existsSync(commit)
    ? `\n\nIts WebAssembly contains further works: ThirdPartyNotices.txt of ONNX Runtime's repository at commit ${readFileSync(commit, "utf8").trim()} lists them.`
    : "";
  return (
    readFileSync("LICENSE", "utf8")
      .trim()
      .replace(/^Copyright .*$/m, holder) + inside
  );
}
