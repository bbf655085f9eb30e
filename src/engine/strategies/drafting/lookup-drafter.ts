/** Proposes what the text so far has said before: no model, no cache, nothing to fetch (core/speculation/lookup.ts). */
import { lookUp } from "#core/speculation/lookup.ts";
import { NOTHING } from "#core/speculation/rules/rule.ts";
import type { StepTimer } from "../strategy.ts";
import type { Drafter, DraftSetting, Guess } from "./drafter.ts";

export class LookupDrafter implements Drafter {
  readonly bytesPerPosition = 0;
  readonly #setting: Omit<DraftSetting, "known">;

  constructor(setting: Omit<DraftSetting, "known">) {
    this.#setting = setting;
  }

  /** To a rule it is a draft that holds one token for certain: it draws that, and says so in its evidence. */
  async draft(ids: readonly number[], timer: StepTimer): Promise<Guess | null> {
    const { rule, sampling, vocabulary } = this.#setting;
    return timer.part("sampleMs", () => {
      const found = lookUp(ids);
      if (found === null) return null;
      const logits = new Float32Array(vocabulary).fill(-Infinity);
      logits[found.id] = 0;
      return { drafted: rule.draft(logits, sampling, ids.length), confidence: found.confidence };
    });
  }

  prefill(): Promise<void> {
    return Promise.resolve();
  }

  smashed(_ids: readonly number[], _from: number, lengths: readonly number[]): Promise<readonly Uint8Array[]> {
    return Promise.resolve(lengths.map(() => NOTHING));
  }

  rewind(): void {
    // it remembers nothing
  }
}
