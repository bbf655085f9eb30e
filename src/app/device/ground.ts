/**
 * The ground of a model, fetched beside its other files. The table comes to the tab; nothing of a
 * request leaves it. Without one the page says nothing.
 */
import { readGround, type Ground } from "#core/model/ground.ts";

/** `token` is that of the server which has the model, where it asks for one. */
export async function loadGround(url: string, token: string | undefined): Promise<Ground | null> {
  try {
    const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    const response = await fetch(url, { headers });
    return response.ok ? readGround(await response.text()) : null;
  } catch {
    return null; // a page that cannot tell is no failure
  }
}
