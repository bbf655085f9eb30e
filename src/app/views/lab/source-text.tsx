/** What an experiment reproduces, with the source's own values. */
import type { Source } from "#lab/experiment.ts";
import css from "./lab.module.css";

export function SourceText({ source }: { readonly source: Source }) {
  return (
    <>
      <p>
        {source.text} {source.url !== undefined && <a href={source.url}>{source.url}</a>}
      </p>
      {source.values?.map(({ what, theirs }) => (
        <p key={what} className={css["note"]}>
          {what}: {theirs}
        </p>
      ))}
    </>
  );
}
