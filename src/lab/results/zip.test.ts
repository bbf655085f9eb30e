import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, inflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { zip, type ZipEntry } from "./zip.ts";

const encoder = new TextEncoder();

/** What the directory at the end says, read on its own: names, checks, sizes and the bytes at each place. */
function listed(
  archive: Uint8Array,
): readonly { readonly name: string; readonly check: number; readonly bytes: Uint8Array }[] {
  const view = new DataView(archive.buffer);
  const end = archive.length - 22;
  let at = view.getUint32(end + 16, true);
  return Array.from({ length: view.getUint16(end + 10, true) }, () => {
    const [packed, length, place] = [
      view.getUint32(at + 20, true),
      view.getUint16(at + 28, true),
      view.getUint32(at + 42, true),
    ];
    const name = new TextDecoder().decode(archive.subarray(at + 46, at + 46 + length));
    const check = view.getUint32(at + 16, true);
    const compressed = view.getUint16(at + 10, true) === 8;
    at += 46 + length;
    const from = place + 30 + view.getUint16(place + 26, true);
    const bytes = archive.subarray(from, from + packed);
    return { name, check, bytes: compressed ? Uint8Array.from(inflateRawSync(bytes)) : bytes };
  });
}

describe("an archive", () => {
  const entries: readonly ZipEntry[] = [
    { name: "bundle/records.jsonl", bytes: encoder.encode('{"a":"\u00e9"}\n') },
    { name: "bundle/empty.txt", bytes: new Uint8Array() },
    { name: "bundle/figure.svg", bytes: encoder.encode("<svg/>".repeat(5000)) },
  ];
  const python = spawnSync("python3", ["-c", "import zipfile"]).status === 0;

  it.skipIf(!python)("is read by another implementation", () => {
    const folder = mkdtempSync(join(tmpdir(), "zip-"));
    try {
      writeFileSync(join(folder, "a.zip"), zip(entries));
      const script =
        "import json,sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); print(json.dumps([z.testzip(), {n: z.read(n).decode() for n in z.namelist()}]))";
      const read: unknown = JSON.parse(
        execFileSync("python3", ["-c", script, join(folder, "a.zip")], { encoding: "utf8" }),
      );
      expect(read).toEqual([
        null,
        Object.fromEntries(entries.map(({ name, bytes }) => [name, new TextDecoder().decode(bytes)])),
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
  it("holds any bytes under their names, with Node's own check of them", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(
          fc.record({ name: fc.stringMatching(/^[a-z0-9./-]{1,20}$/), bytes: fc.uint8Array({ maxLength: 300 }) }),
          { selector: ({ name }) => name, maxLength: 6 },
        ),
        (files) => {
          const expected = files.map(({ name, bytes }) => ({
            name,
            check: crc32(bytes),
            bytes: Uint8Array.from(bytes),
          }));
          const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);
          expect(listed(zip(files)).toSorted(byName)).toEqual(expected.toSorted(byName));
        },
      ),
      { numRuns: 100 },
    );
  });
});
