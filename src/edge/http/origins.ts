/**
 * Which web pages may use this edge: those it served itself, and those whose origin was allowed.
 * Programs that are no browser send no Origin and are let in; a page cannot leave it out.
 */
import type { Failure } from "#core/run/failure.ts";

export type OriginVerdict =
  | { readonly kind: "none" }
  | { readonly kind: "same" }
  | { readonly kind: "allowed"; readonly origin: string }
  | { readonly kind: "refused"; readonly origin: string };

export type OriginPolicy = (headers: {
  readonly origin?: string | undefined;
  readonly host?: string | undefined;
}) => OriginVerdict;

/**
 * `allowed` holds origins such as `https://lab.example`, or `*`. A server of https has no page of its own over http;
 * one of http may stand behind a proxy that serves its page over https.
 */
export function originPolicy(allowed: readonly string[], scheme: "http" | "https"): OriginPolicy {
  return ({ origin, host }) => {
    if (origin === undefined) return { kind: "none" };
    const own = hostOf(origin);
    const downgraded = scheme === "https" && !origin.startsWith("https:");
    if (own !== null && own === host?.toLowerCase() && !downgraded) return { kind: "same" };
    if (allowed.includes("*") || allowed.includes(origin)) return { kind: "allowed", origin };
    return { kind: "refused", origin };
  };
}

/** A page of another origin may not spend this edge's compute, token or not. */
export const originObjection = (verdict: OriginVerdict): Failure | null =>
  verdict.kind === "refused"
    ? {
        code: "access-denied",
        why: `pages of ${verdict.origin} may not use this edge server; --allow-origin ${verdict.origin} would let them`,
      }
    : null;

/** Host and port as a Host header gives them; null for `null` and whatever else is no URL. */
function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}
