/** How long a drafted window may be at an edge: one message holds it, with what each drafted token takes. */
import { unwrap } from "#core/run/failure.ts";
import type { Resolved } from "#core/run/record.ts";
import { LONGEST } from "#core/speculation/policies/policy.ts";
import { ruleNamed } from "#core/speculation/rules/registry.ts";
import { draftsByExit, factsOf } from "#core/strategies/table.ts";
import type { RunPlan } from "../../run/run-plan.ts";
import type { EdgeTier } from "../tiers/edge-tier.ts";
import { mostDrafted, type WindowBytes } from "./window-size.ts";

/** What bounds a drafted window: the largest message that this edge takes. */
export function windowBytesOf({ config, codec, model }: RunPlan, edge: EdgeTier): WindowBytes {
  const { hidden, vocabulary } = model.manifest.architecture;
  return {
    maxMessageBytes: edge.session.welcome.maxMessageBytes,
    perPosition: draftsByExit(config.mode) ? codec.bytesPerPosition(hidden) : 0,
    perDrafted: unwrap(ruleNamed(config.verify)).bytesPerToken(vocabulary),
  };
}

/** For the record: how many tokens fit a window, where that is fewer than would be drafted. */
export function draftLimitOf(plan: RunPlan, edge: EdgeTier | null): Pick<Resolved, "draftLimit"> {
  const { mode, draftLength, codec, verify } = plan.config;
  if (edge === null || factsOf(mode).crosses !== "each-window") return {};
  const size = windowBytesOf(plan, edge);
  const tokens = mostDrafted(size, 1);
  if (tokens >= (typeof draftLength === "number" ? draftLength : LONGEST)) return {};
  const each = [
    size.perPosition > 0 ? `${size.perPosition} bytes of ${codec}` : "",
    size.perDrafted > 0 ? `${size.perDrafted} bytes of evidence under ${verify}` : "",
  ]
    .filter((part) => part !== "")
    .join(" and ");
  return {
    draftLimit: {
      tokens,
      why: `one message to this edge server holds ${size.maxMessageBytes} bytes, and a drafted token takes ${each}`,
    },
  };
}
