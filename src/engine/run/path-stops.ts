/**
 * A path whose edge part is divided among several servers, as a config's `path` says: the first is
 * asked by the device, and each passes on to the next.
 */
import type { RunConfig } from "#core/run/config.ts";
import { fail } from "#core/run/failure.ts";
import type { Hop, Path } from "#core/run/path.ts";
import type { NextStop } from "#wire/messages.ts";

/** Throws Failed: bad-value, where the config's path does not end with the model. */
export function withStops(placed: Path, { path, codec }: RunConfig, blocks: number): Path {
  const stops = path?.slice(1) ?? [];
  const end = stops.at(-1)?.to ?? blocks;
  if (end !== blocks)
    fail({
      code: "bad-value",
      key: "path",
      value: `a last hop that ends at block ${end}`,
      expected: `${blocks}, the end`,
    });
  if (stops.length === 0) return placed;
  const divided = (edge: Hop): readonly Hop[] =>
    stops.map((stop, hop) => ({
      ...edge,
      endpoint: stop.endpoint ?? edge.endpoint,
      segment: {
        ...edge.segment,
        from: stops[hop - 1]?.to ?? edge.segment.from,
        to: stop.to,
        head: edge.segment.head && hop === stops.length - 1,
      },
      link: hop === 0 ? edge.link : null, // between edge servers it is as it is
      codec: stop.codec ?? codec,
    }));
  return placed.flatMap((hop) => (hop.tier === "edge" ? divided(hop) : [hop]));
}

/** The hops that are edge servers, in order. */
export const edgesOf = (path: Path): Path => path.filter(({ tier }) => tier === "edge");

/** What the first edge server is told of the hops behind it. */
export const stopsBehind = (path: Path): readonly NextStop[] =>
  edgesOf(path)
    .slice(1)
    .map(({ endpoint, segment, codec }) => ({ endpoint: endpoint ?? "", segment, codec: codec ?? "f32" }));
