/** The access token that a server may ask for. */
import { timingSafeEqual, createHash } from "node:crypto";
import type { Failure } from "#core/run/failure.ts";
import type { HttpExchange } from "./exchange.ts";

/** What a request brings. */
export const bearerOf = (exchange: HttpExchange): string | null =>
  /^Bearer (.+)$/.exec(exchange.header("authorization") ?? "")?.[1] ?? null;

/** Compares in constant time. */
export function accessDenied(expected: string | null, given: string | null): Failure | null {
  if (expected === null) return null;
  if (given === null) return { code: "access-denied", why: "this edge server asks for an access token" };
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(expected), digest(given))
    ? null
    : { code: "access-denied", why: "the access token is not the right one" };
}
