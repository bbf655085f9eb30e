/**
 * A plugin's file, TypeScript or JavaScript, as one module without imports: the same bytes run in the
 * tab's worker, on the page and at the edge, and their SHA-256 is the plugin's name between tiers.
 * It may import from `#core/…` and from packages beside it; neither tier's own (Node's modules, the
 * engine) is to be had, because the other tier has not got it. Plain JavaScript: `npm start` runs it.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { basename, dirname, join, resolve } from "node:path";

/** What a person may put right: said as it is, without a stack. */
export class PluginError extends Error {}

const impure = (/** @type {string} */ name) =>
  `it imports ${name}, which only one tier has: a plugin runs in the tab and at the edge, from #core alone`;

/** Refuses what cannot be on both tiers, wherever it is imported from. */
const onBothTiers = () => ({
  name: "on-both-tiers",
  enforce: /** @type {const} */ ("pre"),
  resolveId(/** @type {string} */ source) {
    if (isBuiltin(source) || (source.startsWith("#") && !source.startsWith("#core/")))
      throw new PluginError(impure(source));
    return null;
  },
});

/** Bundles `path`; returns the built file, which keeps the plugin's own name. Throws PluginError. */
export async function bundlePlugin(/** @type {string} */ root, /** @type {string} */ path) {
  const file = resolve(process.env["INIT_CWD"] ?? process.cwd(), path); // npm changes into the package's folder
  if (!existsSync(file)) throw new PluginError(`There is no plugin ${file}.`);
  const source = await bundled(root, file);
  const sha256 = createHash("sha256").update(source).digest("hex");
  const built = join(root, ".cache/plugins", sha256.slice(0, 16), `${basename(file)}.js`);
  mkdirSync(dirname(built), { recursive: true });
  writeFileSync(built, source);
  return built;
}

async function bundled(/** @type {string} */ root, /** @type {string} */ file) {
  const { build } = await import("vite");
  try {
    const output = await build({
      configFile: false,
      root: dirname(file),
      publicDir: false,
      logLevel: "silent",
      plugins: [onBothTiers()],
      resolve: { alias: [{ find: /^#core\//, replacement: `${join(root, "src/core")}/` }] },
      build: {
        write: false,
        target: "es2023",
        minify: false,
        lib: { entry: file, formats: ["es"] },
        // No notes of where each part came from: the same plugin in another folder is the same plugin.
        rolldownOptions: {
          experimental: { attachDebugInfo: "none" },
          output: { codeSplitting: false, comments: false },
        },
      },
    });
    const [result] = Array.isArray(output) ? output : [output];
    const chunks = result !== undefined && "output" in result ? result.output : [];
    const [chunk, ...more] = chunks;
    if (chunk?.type !== "chunk" || more.length > 0) throw new PluginError("it does not come to one module");
    if (!chunk.exports.includes("default")) throw new PluginError("it has no default export");
    return chunk.code;
  } catch (thrown) {
    throw new PluginError(`${file} cannot be used as a plugin: ${reasonOf(thrown)}`);
  }
}

/** The bundler's own errors come as a list, with colours and stacks; the first says what is wrong. */
function reasonOf(/** @type {unknown} */ thrown) {
  const first =
    thrown instanceof Error && "errors" in thrown && Array.isArray(thrown.errors)
      ? /** @type {unknown} */ (thrown.errors[0])
      : thrown;
  const message = first instanceof Error ? first.message : String(first);
  // eslint-disable-next-line no-control-regex -- colours for a terminal are control characters
  const plain = message.replace(/\x1b\[[\d;]*m/g, "");
  return plain.split("\nThis is most likely unintended")[0]?.trim() ?? message;
}

/** The words of a command line with every `--plugin` file in place of the TypeScript that it was made of. */
async function withBuiltPlugins(/** @type {string} */ root, /** @type {readonly string[]} */ words) {
  /** @type {string[]} */
  const built = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    const [flag, given] = word.startsWith("--plugin=")
      ? ["--plugin", word.slice("--plugin=".length)]
      : [word, words[at + 1]];
    if (flag !== "--plugin" || given === undefined) {
      built.push(word);
      continue;
    }
    built.push("--plugin", await bundlePlugin(root, given));
    if (word === "--plugin") at++;
  }
  return built;
}

/** The same for a command that has nothing else to do when it cannot be: says why, and ends the process. */
export async function builtWords(/** @type {string} */ root, /** @type {readonly string[]} */ words) {
  try {
    return await withBuiltPlugins(root, words);
  } catch (thrown) {
    if (!(thrown instanceof PluginError)) throw thrown;
    console.error(thrown.message);
    process.exit(1);
  }
}
