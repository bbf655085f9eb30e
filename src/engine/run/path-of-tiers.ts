/**
 * The hops of a plan, in order, from the segments that its tiers run: the device, the edge server
 * and those behind it, and under u-split the device again. Two tiers are the shortest path. Until
 * strategies place themselves this is the one place where tiers become a path.
 */
import type { RunConfig } from "#core/run/config.ts";
import { fail } from "#core/run/failure.ts";
import type { Hop, Path } from "#core/run/path.ts";
import type { Tiers } from "#core/run/resolve.ts";
import type { Segment } from "#core/model/architecture.ts";
import type { NextStop } from "#wire/messages.ts";

const HERE = { tier: "device", endpoint: null, link: null, codec: null, precision: "f32", adapter: null } as const;

/** Throws Failed: bad-value, where the config's path does not end with the model. */
export function pathOf({ device, edge }: Tiers, config: RunConfig, blocks: number): Path {
  const [front, ...behind] = device.map((segment): Hop => ({ ...HERE, segment }));
  const edges = edge === null ? [] : edgeHops(edge, config, blocks);
  return [...(front === undefined ? [] : [front]), ...edges, ...behind];
}

function edgeHops(edge: Segment, { path, link, codec, edge: url }: RunConfig, blocks: number): readonly Hop[] {
  const endpoint = url ?? null;
  const common = { tier: "edge", precision: "f32", adapter: null } as const;
  const stops = path?.slice(1) ?? [];
  if (stops.length === 0) return [{ ...common, endpoint, segment: edge, link, codec }];
  const end = stops.at(-1)?.to;
  if (end !== blocks)
    fail({
      code: "bad-value",
      key: "path",
      value: `a last hop that ends at block ${end}`,
      expected: `${blocks}, the end`,
    });
  return stops.map((stop, hop) => ({
    ...common,
    endpoint: stop.endpoint ?? endpoint,
    segment: {
      ...edge,
      from: stops[hop - 1]?.to ?? edge.from,
      to: stop.to,
      head: edge.head && hop === stops.length - 1,
    },
    link: hop === 0 ? link : null, // between edge servers it is as it is
    codec: stop.codec ?? codec,
  }));
}

/** The hops that are edge servers, in order. */
export const edgesOf = (path: Path): Path => path.filter(({ tier }) => tier === "edge");

/** What the first edge server is told of the hops behind it. */
export const stopsBehind = (path: Path): readonly NextStop[] =>
  edgesOf(path)
    .slice(1)
    .map(({ endpoint, segment, codec }) => ({ endpoint: endpoint ?? "", segment, codec: codec ?? "f32" }));
