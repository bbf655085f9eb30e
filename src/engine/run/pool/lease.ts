/**
 * Tiers that stay open between runs, so that the next turn of a conversation finds its beginning
 * in their caches. A lease is known by all that must match for that; what the caches of all its
 * tiers hold is a list of ids, and a new prompt goes on from the longest beginning it shares.
 */
import { draftsWindows, factsOf } from "#core/strategies/table.ts";
import { allOf } from "../../all-of.ts";
import type { RunPlan } from "../run-plan.ts";
import type { OpenTiers } from "../tiers.ts";

/** Open at once: as many as a race has arms. */
const LEASES = 4;

export interface Lease {
  readonly tiers: OpenTiers;
  /** Ids whose positions every tier's cache holds. */
  ids: readonly number[];
  /** False once something went wrong on it: it is not kept. */
  sound: boolean;
}

export class Leases {
  readonly #leases = new Map<string, Lease>();

  /** Takes a lease out: it comes back by `keep`, or is closed. */
  take(key: string): Lease | null {
    const lease = this.#leases.get(key) ?? null;
    this.#leases.delete(key);
    return lease;
  }

  /** Kept whatever comes of closing what goes for it; that is thrown behind it. */
  async keep(key: string, lease: Lease): Promise<void> {
    const before = this.take(key);
    this.#leases.set(key, lease);
    const oldest = [...this.#leases.keys()].slice(0, -LEASES).map((old) => this.take(old));
    await closeAll([before, ...oldest]);
  }

  /** Closes all but this one. */
  async keepOnly(key: string): Promise<void> {
    await closeAll([...this.#leases.keys()].filter((other) => other !== key).map((other) => this.take(other)));
  }

  async close(): Promise<void> {
    const leases = [...this.#leases.values()];
    this.#leases.clear();
    await closeAll(leases);
  }
}

/** Each of them, whatever comes of the others; throws what the first that could not be closed threw. */
async function closeAll(leases: readonly (Lease | null)[]): Promise<void> {
  await allOf(leases.map(async (lease) => lease?.tiers.close()));
}

/** Everything that two runs must share to use the same caches. */
export function leaseKey({
  config,
  model,
  draft,
  cut,
  tail,
  exit,
  capacity,
  codec,
  edgeSampling,
  path,
}: RunPlan): string {
  const { mode, kvCache, backend, threads, edge = null, edgeLoad, verify, draftLength } = config;
  return JSON.stringify([
    model.manifest.revision,
    mode,
    cut,
    tail,
    exit,
    capacity,
    codec.name,
    kvCache,
    backend,
    threads,
    edge,
    edgeLoad,
    edgeSampling,
    path.map(({ endpoint, segment, codec: way }) => [endpoint, segment.from, segment.to, way]).slice(2),
    draft?.manifest.revision,
    draftsWindows(mode) ? verify : null,
    factsOf(mode).drafts?.where === "edge" ? draftLength : null,
  ]);
}

/** Leading ids that both share; the last of the prompt is always computed, since its output is what is wanted. */
export function sharedBeginning(held: readonly number[], promptIds: readonly number[]): number {
  const most = Math.min(held.length, promptIds.length - 1);
  let shared = 0;
  while (shared < most && held[shared] === promptIds[shared]) shared++;
  return shared;
}
