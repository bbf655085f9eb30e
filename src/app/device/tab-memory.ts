/** What this tab keeps for as long as it lives, a reload included; where the browser lets it keep nothing, until it is reloaded. */
const kept = new Map<string, string>();

export function recall(key: string): string | null {
  try {
    return kept.get(key) ?? window.sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Null forgets it. */
export function remember(key: string, value: string | null): void {
  try {
    if (value === null) window.sessionStorage.removeItem(key);
    else window.sessionStorage.setItem(key, value);
  } catch {
    // It refuses: what is here is all there is.
  }
  if (value === null) kept.delete(key);
  else kept.set(key, value);
}
