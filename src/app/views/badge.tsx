/** The agreement badge. Its words say what its colour says. */
import type { Agreement } from "#core/run/record.ts";
import { badgeOf } from "../derive/figures.ts";
import css from "./badge.module.css";

export function AgreementBadge({ agreement, testId }: { readonly agreement: Agreement; readonly testId: string }) {
  const { state, label, detail } = badgeOf(agreement);
  return (
    <span className={css["badge"]} data-state={state} data-testid={testId} title={detail}>
      {state === "unchecked" ? "Speeds unchecked" : label}
    </span>
  );
}
