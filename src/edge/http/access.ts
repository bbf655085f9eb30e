/** The access token that a server may ask for. */
import { timingSafeEqual, createHash } from "node:crypto";
import type { Failure } from "#core/run/failure.ts";
import { describeFailure } from "#core/run/failure/failure-text.ts";
import type { HttpExchange } from "./exchange.ts";

/** What a request brings. */
export const bearerOf = (exchange: HttpExchange): string | null =>
  /^Bearer (.+)$/.exec(exchange.header("authorization") ?? "")?.[1] ?? null;

/** Whether the exchange may have what only the token's holders may; it is answered where it may not. */
export function mayRead(exchange: HttpExchange, expected: string | null): boolean {
  exchange.guarded = expected !== null;
  const denied = accessDenied(expected, bearerOf(exchange));
  if (denied === null) return true;
  const { title, next } = describeFailure(denied);
  exchange.text(401, `${title} ${next} (${denied.code})\n`, { "WWW-Authenticate": "Bearer" });
  return false;
}

/** Compares in constant time. */
export function accessDenied(expected: string | null, given: string | null): Failure | null {
  if (expected === null) return null;
  if (given === null) return { code: "access-denied", why: "this edge server asks for an access token" };
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(expected), digest(given))
    ? null
    : { code: "access-denied", why: "the access token is not the right one" };
}
