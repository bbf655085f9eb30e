/** Words first; what was written in their place behind a toggle. */
import type { Told } from "../../derive/words/told.ts";
import css from "./in-words.module.css";

export function InWords({ told: { words, raw } }: { readonly told: Told }) {
  return (
    <>
      <span className={css["words"]}>{words}</span>
      {raw !== null && (
        <details className={css["raw"]}>
          <summary>As written</summary>
          <code>{raw}</code>
        </details>
      )}
    </>
  );
}
