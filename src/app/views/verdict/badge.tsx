/** The agreement badge. Its words say what its colour says. */
import type { Mode } from "#core/run/config.ts";
import type { Agreement } from "#core/run/record.ts";
import { badgeOf } from "../../derive/figures.ts";
import css from "./badge.module.css";

export function AgreementBadge({
  agreement,
  mode,
  testId,
  words,
}: {
  readonly agreement: Agreement;
  readonly mode: Mode;
  readonly testId: string;
  /** In place of its own. */
  readonly words?: string;
}) {
  const { state, label, detail } = badgeOf(agreement, mode);
  return (
    <span className={css["badge"]} data-state={state} data-testid={testId} title={detail}>
      {words ?? (state === "unchecked" ? "Speeds unchecked" : label)}
    </span>
  );
}
