/**
 * Whether one model can draft for another: both must mean the same tokens by the same ids, or what
 * is drafted is noise to the target. Tokenizers are compared by what they do, so that a folder
 * copied from another place, or written by another tool, is no obstacle.
 */
import { fail } from "#core/run/failure.ts";
import type { Tokenizer } from "../ports.ts";
import type { ModelSource } from "../run/world.ts";

/** Letters, digits, marks, spaces, scripts and a symbol beyond 16 bits: what tokenizers disagree about. */
const PROBE =
  "Book 2 tables, 19:30\u2014caf\u00e9 na\u00efve \u00fcber  co-op\n\tdon't \u6771\u4eac \u041c\u043e\u0441\u043a\u0432\u0430 \ud83d\ude95 3.14 (x_y)";

/** Throws Failed: bad-value naming draftModel. `positions` is what the caches of both must hold. */
export function mustDraftFor(target: ModelSource, draft: ModelSource, positions: number): void {
  const { name, architecture } = draft.manifest;
  const refuse = (expected: string): never => fail({ code: "bad-value", key: "draftModel", value: name, expected });
  const { vocabulary } = target.manifest.architecture;
  if (architecture.vocabulary > vocabulary)
    refuse(
      `a model with at most ${target.manifest.name}'s ${vocabulary} tokens, this one has ${architecture.vocabulary}`,
    );
  if (!sameTokens(target.tokenizer, draft.tokenizer, architecture.vocabulary))
    refuse(`a model with the tokenizer of ${target.manifest.name}`);
  if (architecture.context < positions)
    refuse(`a model with room for ${positions} positions, this one has ${architecture.context}`);
}

function sameTokens(one: Tokenizer, other: Tokenizer, vocabulary: number): boolean {
  if (one === other) return true;
  if (one.encode(PROBE).join() !== other.encode(PROBE).join()) return false;
  for (let id = 0; id < vocabulary; id++) if (one.decode([id]) !== other.decode([id])) return false;
  return true;
}
