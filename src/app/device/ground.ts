/**
 * The ground of a model, fetched beside its other files. The table comes to the tab; nothing of a
 * request leaves it. Without one the page says nothing.
 */
import { readGround, type Ground } from "#core/model/ground.ts";

export async function loadGround(url: string): Promise<Ground | null> {
  try {
    const response = await fetch(url);
    return response.ok ? readGround(await response.text()) : null;
  } catch {
    return null; // a page that cannot tell is no failure
  }
}
