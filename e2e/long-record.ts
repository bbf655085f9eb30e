/** A recording that the page ships, made long and given stalls, and given to a page as a file. */
import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { unwrap } from "#core/run/failure.ts";
import { anyRunRecord } from "#core/run/record/read-record.ts";
import { TOKEN_PARTS, type RunRecord, type TokenEvent } from "#core/run/record.ts";
import { readWith } from "#core/schema/read.ts";

export const TOKENS = 240;
/** Two tokens that took a second each. */
const STALLS = [50, 150];

export function longRecord(): RunRecord {
  const text = readFileSync("public/recordings/split-5g.json", "utf8"); // from the repository's root, as all of this starts
  const record = unwrap(readWith(anyRunRecord, JSON.parse(text)));
  const [first, ...steps] = record.tokens;
  if (first === undefined) throw new Error("the recording is empty");
  const tokens: TokenEvent[] = [first];
  for (let index = 1; index < TOKENS; index++) {
    const step = steps[index % steps.length] ?? first;
    const token = STALLS.includes(index) ? { ...step, otherMs: 1000 } : step;
    const intervalMs = TOKEN_PARTS.reduce((sum, part) => sum + token[part], 0);
    tokens.push({ ...token, index, atMs: (tokens.at(-1)?.atMs ?? 0) + intervalMs });
  }
  return { ...record, tokens, tokenIds: tokens.map(({ id }) => id), logProbs: tokens.map(() => -0.1) };
}

export async function dropRecord(on: Page, record: RunRecord): Promise<void> {
  await on.evaluate((text) => {
    const files = new DataTransfer();
    files.items.add(new File([text], "long.json", { type: "application/json" }));
    window.dispatchEvent(new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true }));
  }, JSON.stringify(record));
}
