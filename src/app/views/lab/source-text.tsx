/** What an experiment reproduces, with the source's own values, and ours beside where there are results. */
import type { Source } from "#lab/experiment/experiment.ts";
import { oursText } from "#lab/analysis/ours.ts";
import type { Results } from "#lab/results/results.ts";
import { Words } from "../term/words.tsx";
import css from "./lab.module.css";

export function SourceText({ source, results = null }: { readonly source: Source; readonly results?: Results | null }) {
  return (
    <>
      <p>
        <Words>{source.text}</Words> {source.url !== undefined && <a href={source.url}>{source.url}</a>}
      </p>
      {source.values?.map(({ what, theirs, ours }) => (
        <p key={what} className={css["note"]}>
          <Words>{`${what}: ${theirs}`}</Words>
          {ours !== undefined && results !== null && `; ours: ${oursText(ours, results) ?? "not measured"}`}
        </p>
      ))}
    </>
  );
}
