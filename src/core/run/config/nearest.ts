/** Known words ordered by how near they are to a misspelt one: edit distance, ignoring case and punctuation. */

const plain = (word: string): string => word.toLowerCase().replace(/[^a-z0-9]/g, "");

export function nearestFirst(word: string, known: readonly string[]): readonly string[] {
  const distance = new Map(known.map((each) => [each, editDistance(plain(word), plain(each))]));
  return [...known].sort((a, b) => (distance.get(a) ?? 0) - (distance.get(b) ?? 0));
}

/** Near enough to be meant: at most a third of the letters differ. */
export const isNear = (word: string, other: string): boolean =>
  editDistance(plain(word), plain(other)) * 3 <= Math.max(plain(word).length, plain(other).length);

/** Insertions, deletions and substitutions that turn one into the other (Levenshtein). */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
