/** Prompt sets that the page ships, with their hash where the page is secure enough for one. */
import { refuse, type Result } from "#core/run/failure.ts";
import { readPromptSet, type PromptSet } from "#lab/prompts.ts";

export async function loadPromptSet(name: string): Promise<Result<PromptSet>> {
  const url = `prompts/${name}.jsonl`;
  try {
    const response = await fetch(url);
    if (!response.ok) return refuse({ code: "download-failed", url, status: response.status, why: "the page ships no such prompt set" });
    const source = await response.text();
    return readPromptSet(name, await sha256(source), source);
  } catch (thrown) {
    return refuse({ code: "download-failed", url, status: null, why: thrown instanceof Error ? thrown.message : String(thrown) });
  }
}

async function sha256(source: string): Promise<string> {
  // Plain http on a LAN has no crypto.subtle: the result then says that it has no hash.
  if (!window.isSecureContext) return "none: the page is not secure";
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(source));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
