/**
 * The hostile clients of `npm run fuzz -- --beside`, in a process of their own: `URL NAME CLIENTS`. They begin at once,
 * end when stdin does, and then write how often they have played. They run at the lowest priority: their own work is
 * done on other machines where they are not the test's.
 */
import { setPriority } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { everyShard } from "#core/model/manifest.ts";
import { unwrap } from "#core/run/failure.ts";
import { openModelFolder } from "#node/model/model-folder.ts";
import { ASSAULTS, storm } from "./fuzz/assaults.ts";

const [url = "", name = "", clients = ""] = process.argv.slice(2);
const root = fileURLToPath(new URL("../..", import.meta.url));

async function main(): Promise<void> {
  setPriority(19);
  const assault = ASSAULTS.find((each) => each.name === name);
  if (assault === undefined) throw new Error(`there is no assault "${name}"`);
  const { manifest } = unwrap(await openModelFolder(join(root, "public/models/concierge-10m")));
  const [shard] = everyShard(manifest);
  const over = new AbortController();
  process.stdin.on("end", () => over.abort()).resume();
  const field = { url, target: manifest, largePath: `/shards/${shard?.sha256 ?? ""}`, over: over.signal };
  process.stdout.write("begun\n");
  process.stdout.write(`${await storm(assault, field, Number(clients))}\n`, () => process.exit(0));
}

await main();
