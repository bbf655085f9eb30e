/** What might have been said in a run's text, as far as it is known: asked for once somebody points at a token. */
import { useEffect, useRef, useState } from "react";
import type { Failure } from "#core/run/failure.ts";
import type { TextCandidates } from "#core/run/worker-api.ts";
import { scoredText, type Consent } from "../../control/scoring.ts";
import { useFacts, useLab } from "../../lab.ts";
import type { Lane } from "../../stores/runs.ts";

export type Scored =
  | { readonly kind: "nothing" }
  /** The engine is not there yet. */
  | { readonly kind: "starting" }
  /** Null while bytes are not what is waited for. */
  | { readonly kind: "asking"; readonly bytes: { readonly done: number; readonly total: number } | null }
  | { readonly kind: "consent"; readonly consent: Consent }
  | { readonly kind: "there"; readonly value: TextCandidates }
  | { readonly kind: "failed"; readonly failure: Failure };

const ASKING: Scored = { kind: "asking", bytes: null };

/** `agree` is a person's word that it may be sent, or fetched, or tried again. */
export function useCandidates(lane: Lane): { readonly scored: Scored; readonly agree: () => void } {
  const { scoring } = useLab();
  const edge = useFacts("settings", (facts) => facts.edge);
  const ready = useFacts("engine", (facts) => facts.state === "ready");
  const broken = useFacts("engine", (facts) => (facts.state === "failed" ? facts.failure : null));
  const [scored, setScored] = useState<Scored>(ASKING);
  const { record } = lane;
  const text = scoredText(lane, edge);
  const wanted = useRef(true);
  useEffect(() => {
    wanted.current = true;
    return () => void (wanted.current = false);
  }, []);
  const show = (next: Scored): void => {
    if (wanted.current) setScored(next);
  };
  const ask = async (): Promise<void> => {
    if (record === null || text === null) return;
    show(ASKING);
    const result = await (scoring.kept(record) ??
      scoring.score(record, text, (event) => {
        if (event.kind === "progress" && event.unit === "bytes") show({ kind: "asking", bytes: event });
      }));
    show(result.ok ? { kind: "there", value: result.value } : { kind: "failed", failure: result.failure });
  };
  useEffect(() => {
    if (record === null || text === null) return show({ kind: "nothing" });
    if (scoring.kept(record) !== null) return void ask();
    if (!ready) return show(broken === null ? { kind: "starting" } : { kind: "failed", failure: broken });
    void scoring
      .consentFor(text, lane)
      .then((consent) => (consent === null ? ask() : show({ kind: "consent", consent })));
    // oxlint-disable-next-line react/exhaustive-deps -- a lane's text is its record's
  }, [record, ready, broken]);
  return { scored, agree: () => void ask() };
}
