/**
 * Certificates for https: from files, or self-signed for this machine's names and kept in a folder
 * so that a browser which accepted it once is not asked again. Made anew when it is about to end
 * or the machine has another address.
 */
import { X509Certificate } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { generate } from "selfsigned";
import { lanAddresses } from "./addresses.ts";
import type { EdgeOptions } from "./options.ts";

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

const DAYS = 365;
const RENEW_BEFORE_MS = 7 * 86_400_000;

export async function certificateFor(tls: EdgeOptions["tls"], folder: string): Promise<Certificate | null> {
  if (tls.kind === "none") return null;
  if (tls.kind === "files") return { cert: await readFile(tls.cert, "utf8"), key: await readFile(tls.key, "utf8") };
  const kept = await readKept(folder);
  return kept ?? keepNew(folder);
}

async function readKept(folder: string): Promise<Certificate | null> {
  try {
    const cert = await readFile(join(folder, "certificate.pem"), "utf8");
    const key = await readFile(join(folder, "key.pem"), "utf8");
    const known = new X509Certificate(cert);
    const lasts = Date.parse(known.validTo) - Date.now() > RENEW_BEFORE_MS;
    return lasts && lanAddresses().every((address) => known.checkIP(address) !== undefined) ? { cert, key } : null;
  } catch {
    return null; // none kept, or none that can be read: a new one is made
  }
}

async function keepNew(folder: string): Promise<Certificate> {
  const names = [
    { type: 2 as const, value: "localhost" },
    ...["127.0.0.1", "::1", ...lanAddresses()].map((ip) => ({ type: 7 as const, ip })),
  ];
  const made = await generate([{ name: "commonName", value: "Cutlayer edge server" }], {
    keySize: 2048,
    algorithm: "sha256",
    notAfterDate: new Date(Date.now() + DAYS * 86_400_000),
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, keyEncipherment: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      { name: "subjectAltName", altNames: names },
    ],
  });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, "certificate.pem"), made.cert);
  await writeFile(join(folder, "key.pem"), made.private, { mode: 0o600 });
  return { cert: made.cert, key: made.private };
}
