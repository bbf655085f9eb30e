/**
 * Result lines in the browser's storage, one entry a line, so that keeping one more never rewrites
 * the others. Where there is no storage or no room, nothing is kept and the experiment goes on.
 */
import { writeLine, type FailedLine, type HeadLine, type RunLine } from "#lab/results/results.ts";

export interface KeptLines {
  /** Forgets what was there and keeps the head. */
  begin(id: string, head: HeadLine): void;
  add(id: string, line: RunLine | FailedLine): void;
  /** The result file so far; null without one. */
  text(id: string): string | null;
  forget(id: string): void;
}

type TextStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

export function createKeptLines(storage: TextStorage | null): KeptLines {
  const key = (id: string, n: number): string => `cutlayer.experiment.${id}.${n}`;
  const count = (id: string): number => {
    let n = 0;
    while (storage !== null && storage.getItem(key(id, n)) !== null) n += 1;
    return n;
  };

  function keep(id: string, line: HeadLine | RunLine | FailedLine): void {
    try {
      storage?.setItem(key(id, count(id)), writeLine(line));
    } catch {
      // No room: what is kept so far is still a result file, and this visit has all of it.
    }
  }

  function forget(id: string): void {
    for (let n = count(id) - 1; n >= 0; n--) storage?.removeItem(key(id, n));
  }

  return {
    begin(id, head) {
      forget(id);
      keep(id, head);
    },
    add: keep,
    text(id) {
      const lines = Array.from({ length: count(id) }, (_, n) => storage?.getItem(key(id, n)) ?? "");
      return lines.length === 0 ? null : lines.join("");
    },
    forget,
  };
}
