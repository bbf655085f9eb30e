/**
 * The ground of a model, fetched once beside its other files. The table comes to the tab; nothing of
 * a request leaves it. Without one the page says nothing.
 */
import { readGround, type Ground } from "#core/model/ground.ts";

const loading = new Map<string, Promise<Ground | null>>();

export function loadGround(url: string): Promise<Ground | null> {
  const held = loading.get(url);
  if (held !== undefined) return held;
  const loaded = fetch(url)
    .then((response) => (response.ok ? response.text() : ""))
    .then(readGround)
    .catch(() => null);
  loading.set(url, loaded);
  return loaded;
}
