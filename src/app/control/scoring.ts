/**
 * Asks for what might have been said in place of each token of a run that is over: once a run, and
 * kept with its record. What the text has not passed before it passes on a person's word alone: to
 * the edge what was not checked there, into this tab weights that are not here.
 */
import { plainMode, factsOf } from "#core/strategies/table.ts";
import type { Result } from "#core/run/failure.ts";
import type { RunRecord } from "#core/run/record.ts";
import type { DeviceApi, RunEvent, ScoredText, TextCandidates } from "#core/run/worker-api.ts";
import type { Lane } from "../stores/runs.ts";
import type { EngineControl } from "./engine.ts";
import type { RunControl } from "./runs.ts";

/** What must be said yes to first; bytes are null where nobody knows how many there are. */
export type Consent = { readonly kind: "send" } | { readonly kind: "fetch"; readonly bytes: number | null };

export interface Scoring {
  /** What was scored before; null where nothing was. */
  kept(record: RunRecord): Promise<Result<TextCandidates>> | null;
  /** Null where scoring sends and fetches nothing that the run did not. */
  consentFor(text: ScoredText, lane: Pick<Lane, "origin" | "agreement">): Promise<Consent | null>;
  score(record: RunRecord, text: ScoredText, onEvent: (event: RunEvent) => void): Promise<Result<TextCandidates>>;
}

interface Parts {
  readonly device: Pick<DeviceApi, "candidates">;
  readonly runs: Pick<RunControl, "inTurn">;
  readonly engine: Pick<EngineControl, "missingBytes">;
}

export function createScoring({ device, runs, engine }: Parts): Scoring {
  const kept = new WeakMap<RunRecord, Promise<Result<TextCandidates>>>();
  return {
    kept: (record) => kept.get(record) ?? null,
    async consentFor(text, { origin, agreement }) {
      if (factsOf(text.config.mode).checked === "edge") {
        const known = origin === "live" && agreement.kind === "checked"; // the check told the edge this very text
        return known ? null : { kind: "send" };
      }
      const bytes = await engine.missingBytes({ ...text.config, mode: plainMode("device") });
      return bytes === 0 ? null : { kind: "fetch", bytes };
    },
    score(record, text, onEvent) {
      const asking = runs.inTurn(() => device.candidates(text, onEvent));
      kept.set(record, asking);
      // What failed may be asked for again.
      void asking.then(
        (result) => result.ok || kept.delete(record),
        () => kept.delete(record),
      );
      return asking;
    },
  };
}

/** The text of a run that is over, for the servers of this page: a recording's own may be anybody's. Null where there is none to score. */
export function scoredText(
  { record, origin }: Pick<Lane, "record" | "origin">,
  edge: string | undefined,
): ScoredText | null {
  if (record === null || record.resolved === null || record.tokenIds.length === 0) return null;
  const { config, resolved, tokenIds } = record;
  const { checked } = factsOf(resolved.mode);
  if (checked === "nowhere") return null;
  const { edge: _edge, path: _path, ...others } = config;
  const ours = origin === "recorded" ? { ...others, ...(edge === undefined ? {} : { edge }) } : config;
  return { config: { ...ours, mode: resolved.mode }, promptIds: resolved.promptIds, tokenIds };
}
