/**
 * Whom a request comes from, as far as an address tells: what one address may take is bounded so
 * that one visitor cannot take every seat. This machine's own is nobody in particular: behind it
 * stand a reverse proxy's clients, or a load test's.
 */
import type { IncomingMessage } from "node:http";
import { isIP, isIPv6 } from "node:net";

export const isLoopback = (address: string): boolean => /^(::1$|127\.|::ffff:127\.)/.test(address);

/** Null for loopback and for a peer that is gone already. */
export type PeerPolicy = (request: Pick<IncomingMessage, "socket" | "headers">) => string | null;

/**
 * `trustForwarded`: a proxy of the owner's stands in front of every request, and puts where it comes from last in
 * X-Forwarded-For. Whatever stands before that was written by the client.
 */
export const peerPolicy =
  (trustForwarded: boolean): PeerPolicy =>
  ({ socket: { remoteAddress }, headers }) => {
    const said = headers["x-forwarded-for"];
    const last = (Array.isArray(said) ? said.at(-1) : said)?.split(",").at(-1)?.trim() ?? "";
    if (trustForwarded && isIP(last) !== 0) return peerName(last);
    return remoteAddress === undefined ? null : peerName(remoteAddress);
  };

/** The IPv4 address itself; of IPv6 the network of 64 bits, within which one machine has any number of addresses. */
export function peerName(address: string): string | null {
  if (isLoopback(address)) return null;
  const v4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1];
  if (v4 !== undefined) return v4;
  if (!isIPv6(address)) return address;
  const [before = "", after] = address.split("%", 1)[0]?.split("::") ?? [];
  const head = before === "" ? [] : before.split(":");
  const tail = after === undefined || after === "" ? [] : after.split(":");
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => "0");
  return `${[...head, ...zeros, ...tail]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":")}::/64`;
}
