/** Prompt sets that the page ships, with their hash where the page is secure enough for one. */
import { ok, refuse, type Result } from "#core/run/failure.ts";
import type { Experiment } from "#lab/experiment/experiment.ts";
import { promptSetNames, readPromptSet, shippedPath, type PromptSet } from "#lab/experiment/prompts.ts";

/** All that an experiment takes prompts from, in its order; or the first failure. */
export async function loadPromptSets(experiment: Experiment): Promise<Result<readonly PromptSet[]>> {
  const sets: PromptSet[] = [];
  for (const name of promptSetNames(experiment)) {
    const set = await loadPromptSet(name);
    if (!set.ok) return set;
    sets.push(set.value);
  }
  return ok(sets);
}

async function loadPromptSet(name: string): Promise<Result<PromptSet>> {
  const url = shippedPath(name);
  try {
    const response = await fetch(url);
    if (!response.ok)
      return refuse({
        code: "download-failed",
        url,
        status: response.status,
        why: "the page ships no such prompt set",
      });
    const source = await response.text();
    return readPromptSet(name, await sha256(source), source);
  } catch (thrown) {
    return refuse({
      code: "download-failed",
      url,
      status: null,
      why: thrown instanceof Error ? thrown.message : String(thrown),
    });
  }
}

async function sha256(source: string): Promise<string> {
  // Plain http on a LAN has no crypto.subtle: the result then says that it has no hash.
  if (!window.isSecureContext) return "none: the page is not secure";
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(source));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
