/** Benchmark results as JSON for machines and Markdown for people, with n, spread and provenance. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { summarize, spread } from "#core/measure/summary.ts";

/** A figure that is held against a limit. Samples are of interleaved rounds, a ratio or difference within each. */
export interface Finding {
  readonly name: string;
  readonly what: string;
  readonly unit: "ms" | "x" | "";
  readonly samples: readonly number[];
  readonly limit: { readonly kind: "at most" | "at least"; readonly value: number };
}

export interface Report {
  readonly title: string;
  readonly provenance: Readonly<Record<string, string | number | boolean>>;
  readonly findings: readonly Finding[];
  /** Absolute figures that the ratios were made of: for orientation, not for comparison across runs. */
  readonly figures: Readonly<Record<string, readonly number[]>>;
}

export function holds({ samples, limit }: Finding): boolean {
  const median = summarize(samples)?.median;
  if (median === undefined) return false;
  return limit.kind === "at most" ? median <= limit.value : median >= limit.value;
}

const figure = (value: number, unit: string): string =>
  unit === "ms" ? `${value.toFixed(2)} ms` : `${value.toFixed(2)}${unit}`;

function markdown({ title, provenance, findings, figures }: Report): string {
  const lines = [
    `# ${title}`,
    "",
    ...Object.entries(provenance).map(([key, value]) => `- ${key}: ${String(value)}`),
    "",
  ];
  lines.push("| what | median | quartiles | n | required | |", "|---|---|---|---|---|---|");
  for (const finding of findings) {
    const summary = summarize(finding.samples);
    if (summary === null) continue;
    const { unit, limit } = finding;
    lines.push(
      `| ${finding.what} | ${figure(summary.median, unit)} | ${figure(summary.q1, unit)} to ${figure(summary.q3, unit)} | ${summary.n} | ${limit.kind} ${figure(limit.value, unit)} | ${holds(finding) ? "holds" : "does not hold"} |`,
    );
  }
  lines.push(
    "",
    "What the ratios were made of (medians; comparable only within this run):",
    "",
    "| figure | median | spread (IQR) | n |",
    "|---|---|---|---|",
  );
  for (const [name, samples] of Object.entries(figures)) {
    const summary = summarize(samples);
    if (summary !== null)
      lines.push(`| ${name} | ${summary.median.toFixed(2)} ms | ${spread(summary).toFixed(2)} ms | ${summary.n} |`);
  }
  return `${lines.join("\n")}\n`;
}

export async function writeReport(folder: string, name: string, report: Report): Promise<void> {
  await mkdir(folder, { recursive: true });
  const judged = report.findings.map((finding) => ({
    ...finding,
    summary: summarize(finding.samples),
    holds: holds(finding),
  }));
  await writeFile(
    join(folder, `${name}.json`),
    `${JSON.stringify({ schema: 1, ...report, findings: judged }, null, 1)}\n`,
  );
  await writeFile(join(folder, `${name}.md`), markdown(report));
}
