/** The same request whole and sabotaged: the check that every run ends with, green and red. */
import type { RunRecord } from "#core/run/record.ts";
import { badgeOf, wrongFrom } from "../../derive/figures.ts";
import { wordsBy } from "../../derive/words/told.ts";
import { AgreementBadge } from "../verdict/badge.tsx";
import css from "./demo.module.css";

interface Props {
  readonly whole: RunRecord | undefined;
  readonly broken: RunRecord;
  readonly atToken: number;
}

export function OutputScene({ whole, broken, atToken }: Props) {
  return (
    <div className={css["outputs"]}>
      {whole !== undefined && <Output record={whole} name="As it was" />}
      <Output record={broken} name={`One activation corrupted on the way to token ${atToken + 1}`} />
    </div>
  );
}

function Output({ record, name }: { readonly record: RunRecord; readonly name: string }) {
  const from = wrongFrom(record.agreement);
  return (
    <article>
      <h2>
        {name} <AgreementBadge agreement={record.agreement} mode={record.config.mode} testId="demo-badge" />
      </h2>
      <p className={css["words"]}>
        <span data-wrong={from !== Number.POSITIVE_INFINITY}>{wordsBy(record.tokens, null)}</span>
      </p>
      <details className={css["raw"]}>
        <summary>As written</summary>
        <p className={css["words"]}>
          {record.tokens.map(({ index, text }) => (
            <span key={index} data-wrong={index >= from}>
              {text}
            </span>
          ))}
        </p>
      </details>
      <p className={css["origin"]}>{badgeOf(record.agreement).detail}</p>
    </article>
  );
}
