/**
 * What a run was asked, and the sentence that stands by its answer when that was off the model's
 * ground. That the uncut model says the same is only claimed where it was checked in this run.
 */
import { placeOf, type Ground } from "#core/model/ground.ts";
import type { Lane } from "../stores/runs.ts";

/** The last thing a person said; null for raw ids. */
export function requestOf({ config }: Pick<Lane, "config">): string | null {
  return config.prompt ?? config.messages?.findLast((message) => message.role === "user")?.content ?? null;
}

/** Null on the ground, and where nobody can tell. */
export function offGroundText(lane: Lane, ground: Ground): string | null {
  const request = requestOf(lane);
  const place = request === null ? "on" : placeOf(request, ground);
  const { agreement, config, sabotage } = lane;
  if (place === "on" || (place === "doubtful" && config.prompt === undefined)) return null;
  const same = sabotage === null && agreement.kind === "checked" && agreement.exact;
  return `This ${place === "off" ? "looks" : "may be"} off its ground: ${config.model} only knows ${ground.knows}.${same ? " Uncut it says the same." : ""}`;
}
