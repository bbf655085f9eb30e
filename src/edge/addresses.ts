/** Under which URLs this machine can be reached: itself first, then the local network. */
import { networkInterfaces } from "node:os";

const WILDCARDS: ReadonlySet<string> = new Set(["", "::", "0.0.0.0"]);

/** `host` is what was asked to listen on; null for everything. */
export function reachableUrls(scheme: "http" | "https", host: string | null, port: number): readonly string[] {
  const hosts =
    host === null || WILDCARDS.has(host) ? ["localhost", ...lanAddresses()] : [host.includes(":") ? `[${host}]` : host];
  return hosts.map((name) => new URL(`${scheme}://${name}:${port}/`).href);
}

/** IPv4 addresses other machines may know this one by; link-local ones are of no use in a QR code. */
export function lanAddresses(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal, address }) => family === "IPv4" && !internal && !address.startsWith("169.254."))
    .map(({ address }) => address);
}
