/**
 * The rules that need no more than ids: the edge chooses as if it were alone, and drafted tokens
 * stand as long as they are what it chose. They differ only in how a token is chosen, and
 * `pick` covers both: so does their code.
 */
import { ok } from "../../run/failure.ts";
import { pick } from "../../sampling/sample.ts";
import type { SamplingSettings } from "../../sampling/settings.ts";
import { NOTHING, badEvidence, rowOf, type Drafted, type Rule, type JudgedWindow } from "./rule.ts";

type Naming = Pick<Rule, "name" | "summary" | "source" | "temperatures">;

/** `settingsOf` is how this rule lets `pick` choose, on both tiers. */
export function matchRule(naming: Naming, settingsOf: (sampling: SamplingSettings) => SamplingSettings): Rule {
  return {
    ...naming,
    lossless: "exact",
    bytesPerToken: () => 0,
    draft: (logits, sampling, position): Drafted => ({
      id: pick(logits, settingsOf(sampling), position).id,
      evidence: NOTHING,
      proposal: null,
    }),
    verify: (window: JudgedWindow) => {
      const { ids, evidence, sampling, position } = window;
      if (evidence.byteLength > 0) return badEvidence(naming.name, "evidence where ids are all it takes");
      const settings = settingsOf(sampling);
      for (let accepted = 0; ; accepted++) {
        const { id } = pick(rowOf(window, accepted), settings, position + accepted);
        if (accepted === ids.length || ids[accepted] !== id) return ok({ accepted, next: id, distribution: NOTHING });
      }
    },
    settle: null,
  };
}
