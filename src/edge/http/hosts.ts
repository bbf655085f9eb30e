/**
 * Under which names this server answers. A stranger's web page can have its own name point at this
 * machine (DNS rebinding): for the browser it then is of the same origin as this server, so that
 * origins tell nothing, and only the Host header still says under which name the server was asked.
 * Answered are names that no stranger can have point here: addresses, this machine's own names, those
 * of its certificate, names that only a local network gives, and those it was started with.
 * docs/decisions/names-that-are-answered.md
 */
import type { IncomingMessage } from "node:http";
import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { hostname } from "node:os";
import type { Failure } from "#core/run/failure.ts";

/** What speaks against a request with this Host header, port included, or null. */
export type HostPolicy = (host: string | undefined) => Failure | null;

export interface HostRules {
  /** Names such as `lab.example`, or `*`. */
  readonly allowed: readonly string[];
  /** What the server was told to listen on; null for everything. */
  readonly listening: string | null;
  /** PEM; null without https. */
  readonly certificate: string | null;
}

/** Top-level names that are nobody's on the internet (RFC 6761, 6762, 8375, ICANN on `internal`; routers use `lan` and `home`). */
const LOCAL = /(^|\.)(localhost|local|localdomain|lan|home|home\.arpa|internal|test)$/;

export function hostPolicy({ allowed, listening, certificate }: HostRules): HostPolicy {
  const own = new Set([...allowed, hostname(), listening ?? ""].map((name) => name.toLowerCase()));
  const issued = certificate === null ? null : new X509Certificate(certificate);
  const answers = (name: string): boolean => {
    if (own.has(name) || own.has("*")) return true;
    // A name without a dot is found by what the network itself says of it.
    return isIP(name) !== 0 || !name.includes(".") || LOCAL.test(name) || issued?.checkHost(name) !== undefined;
  };
  return (host) => {
    if (host === undefined) return null; // HTTP/1.0: no browser
    const name = nameIn(host);
    if (name !== null && answers(name)) return null;
    return {
      code: "access-denied",
      why:
        name === null
          ? "the Host header is no name"
          : `it does not answer to the name ${name}; --allow-host ${name} would let it`,
    };
  };
}

/** Of several Host headers, of which a proxy before this server may have read another one, none is a name. */
export const hostAsked = ({
  headers,
  rawHeaders,
}: Pick<IncomingMessage, "headers" | "rawHeaders">): string | undefined =>
  rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === "host").length > 1 ? "" : headers.host;

/** The name of a Host header, without port, brackets and the root's dot; null for what is none. */
export function nameIn(host: string): string | null {
  if (!/^[^\s/@?#\\]+$/.test(host) || !URL.canParse(`http://${host}`)) return null;
  const name = new URL(`http://${host}`).hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
  return name === "" ? null : name;
}
