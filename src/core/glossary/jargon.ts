/** Words of the field in a text: those that the glossary marks, wherever they stand. */
import { GLOSSARY, type GlossaryKey } from "./glossary.ts";
import type { Entry } from "./entry.ts";

export interface Jargon {
  readonly of: GlossaryKey;
  /** As it stands in the text. */
  readonly text: string;
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of the table are its keys
const KEYS = (Object.keys(GLOSSARY) as GlossaryKey[]).filter((key) => (GLOSSARY[key] as Entry).jargon === true);

/** Longest first, so that "TPOT" is not found in a longer term that begins with it. */
const BY_TERM: ReadonlyMap<string, GlossaryKey> = new Map(
  KEYS.map((key) => [GLOSSARY[key].term, key] as const).toSorted(([a], [b]) => b.length - a.length),
);

/** Abbreviations are read as they are written, other words with a capital or in the plural too. */
const patternOf = (term: string): string =>
  /^[a-z]/.test(term) ? `[${term.charAt(0)}${term.charAt(0).toUpperCase()}]${escaped(term.slice(1))}s?` : escaped(term);
const escaped = (term: string): string => term.replaceAll(/[-.*+?^${}()|[\]\\]/g, "\\$&");
const PATTERN = new RegExp(`(?<![\\w-])(${[...BY_TERM.keys()].map(patternOf).join("|")})(?!\\w)`, "g");

/** The text in pieces: joined they are the text again. */
export function jargonIn(text: string): readonly (string | Jargon)[] {
  const pieces: (string | Jargon)[] = [];
  let at = 0;
  for (const found of text.matchAll(PATTERN)) {
    const [word] = found;
    const of = keyOf(word);
    if (of === undefined) continue;
    if (found.index > at) pieces.push(text.slice(at, found.index));
    pieces.push({ of, text: word });
    at = found.index + word.length;
  }
  return at < text.length ? [...pieces, text.slice(at)] : pieces;
}

function keyOf(word: string): GlossaryKey | undefined {
  const small = word.charAt(0).toLowerCase() + word.slice(1);
  return BY_TERM.get(word) ?? BY_TERM.get(small) ?? BY_TERM.get(small.replace(/s$/, ""));
}
