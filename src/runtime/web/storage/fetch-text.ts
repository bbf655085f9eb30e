/** Small text files of an origin (manifests, tokenizers, traces), with failures that name it. */
import { Failed, fail } from "#core/run/failure.ts";
import type { CancelSignal } from "#engine/ports.ts";
import { linkedAbort, stopped } from "../host/abort.ts";
import { deniedBy, type Fetch } from "./fetching.ts";

/**
 * Null for a file that is not there; `path` lies below `base`. Servers for single pages answer
 * those with the page itself: HTML is no file of ours. Throws Failed: edge-unreachable,
 * download-failed, access-denied, stopped.
 */
export async function fetchText(
  path: string,
  base: string,
  fetch: Fetch,
  signal: CancelSignal | undefined,
): Promise<string | null> {
  const url = new URL(path, base);
  const abort = linkedAbort(signal);
  try {
    const response = await fetch(url.href, { signal: abort.signal });
    if (response.status === 404 || response.headers.get("content-type")?.startsWith("text/html") === true) return null;
    const denied = deniedBy(response.status);
    if (denied !== null) return fail(denied);
    if (!response.ok)
      return fail({
        code: "download-failed",
        url: url.href,
        status: response.status,
        why: `the server answered ${String(response.status)} ${response.statusText}`.trim(),
      });
    return await response.text();
  } catch (thrown) {
    if (thrown instanceof Failed) throw thrown;
    if (signal?.aborted === true) throw stopped();
    return fail({
      code: "edge-unreachable",
      url: base,
      why: thrown instanceof Error ? thrown.message : String(thrown),
    });
  } finally {
    abort.release();
  }
}
