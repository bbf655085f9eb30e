/** What a paper says about how its figures were taken: one sentence from the results themselves, and how to cite the software. */
import { BUILD } from "#core/run/build.ts";
import type { Provenance } from "#core/run/record.ts";
import { measureTitle } from "../analysis/measures.ts";
import { isValid, setsOf, type Results, type RunLine } from "./results.ts";

export function methodsSentence(results: Results): string {
  const { head, runs } = results;
  const { experiment } = head;
  const counted = runs.filter(isValid);
  const [first] = counted;
  if (first === undefined) return "No run was made.";
  const { provenance } = first.record;
  const cells = new Set(counted.map(({ cell }) => cell)).size;
  const commits = [...new Set(counted.map(({ record }) => record.provenance.commit))];
  const edge = counted.find(({ record }) => record.provenance.edge !== null)?.record.provenance.edge ?? null;
  const models = head.models.map(({ name, revision }) => `${name} (${revision.slice(0, 12)})`).join(", ");
  return (
    `${cells} configurations of ${models} were run ${experiment.repeats === 1 ? "once" : `${experiment.repeats} times`} on each of ${promptsText(results, counted)}, ` +
    `interleaved, with an uncounted short run after every change of cut or strategy, in ${provenance.browser} with ${provenance.device.runtime} on ${provenance.device.backend} (${provenance.device.threads} threads)` +
    `${edge === null ? "" : `, against an edge server with ${edge.runtime} on ${edge.provider} (${edge.threads} threads)`}, Cutlayer at ${commits.length === 1 ? "commit" : "commits"} ${commits.join(" and ")}${pluginsOf(provenance)}; ` +
    `reported are ${experiment.measures.map(measureTitle).join(", ")}, times as the median over prompts of each prompt's median, with 95% percentile bootstrap intervals that resample prompts.`
  );
}

function promptsText({ head }: Results, counted: readonly RunLine[]): string {
  const prompts = (lines: readonly RunLine[]): number => new Set(lines.map(({ prompt }) => prompt)).size;
  const hash = (sha256: string): string => `SHA-256 ${sha256.slice(0, 12)}`;
  if (head.promptSets === undefined)
    return `${prompts(counted)} prompts (${head.promptSet.name}, ${hash(head.promptSet.sha256)})`;
  return `the prompts of its set (${setsOf(head)
    .map(
      ({ name, sha256 }) =>
        `${name}: ${prompts(counted.filter(({ varied }) => varied.promptSet === name))} prompts, ${hash(sha256)}`,
    )
    .join("; ")})`;
}

/** What the authors added themselves has to be said with what was run. */
const pluginsOf = ({ plugins = [] }: Provenance): string =>
  plugins.length === 0
    ? ""
    : ` with ${plugins.map(({ file, sha256 }) => `the plugin ${file} (SHA-256 ${sha256.slice(0, 12)})`).join(" and ")}`;

/** By the commit that ran, which need not be the one that wrote this. */
export function bibtex({ head, runs }: Results): string {
  const commits = [...new Set(runs.filter(isValid).map(({ record }) => record.provenance.commit))];
  const version = commits.length === 0 ? BUILD.commit : commits.join(" and ");
  return `@software{cutlayer,\n  author = {{The Cutlayer authors}},\n  title = {{Cutlayer: a split-inference lab in the browser}},\n  version = {commit ${version}},\n  license = {MIT},\n  note = {Experiment ${head.experiment.id}},\n  year = {${head.startedAt.slice(0, 4)}}\n}`;
}
