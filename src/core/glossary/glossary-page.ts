/** The glossary as a document: a table a section, and the terms in order of the alphabet. */
import type { Entry } from "./entry.ts";
import { GLOSSARY_SECTIONS } from "./glossary.ts";

const HEAD = `# Glossary

Every word of the project in one line; one word has one meaning. This page is written by \`npm run generated\`
from the table in \`src/core/glossary\`, which the page's tooltips read too: change the table, not the page.
`;

export const glossaryPage = (): string =>
  [HEAD, ...GLOSSARY_SECTIONS.map(({ title, entries }) => section(title, Object.values(entries)))].join("\n");

function section(title: string, entries: readonly Entry[]): string {
  const rows = entries.toSorted((a, b) => a.term.localeCompare(b.term, "en")).map(row);
  return [
    `## ${title}`,
    "",
    "| term | meaning | unit | in configs and records |",
    "|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

const row = ({ term, short, unit = "", names = [] }: Entry): string =>
  `| **${term}** | ${short} | ${unit} | ${names.map((name) => `\`${name}\``).join(", ")} |`;
