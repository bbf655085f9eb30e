/** The sentence in the largest type, and room under it for what it rests on. */
import type { ReactNode } from "react";
import type { VerdictLine } from "../../derive/verdict-line.ts";
import css from "./verdict.module.css";

interface Props {
  readonly said: VerdictLine;
  /** Recorded, live, ...: filled where it is the page's own run. */
  readonly label: string;
  readonly live: boolean;
  /** There is little to say under it. */
  readonly short?: boolean;
  readonly children: ReactNode;
}

export function VerdictFrame({ said, label, live, short, children }: Props) {
  return (
    <section className={css["verdict"]} aria-label="Verdict" data-short={short}>
      <h1 className={css["line"]} data-wrong={said.wrong} data-testid="verdict">
        {unbroken(said.text)}
      </h1>
      <p className={css["under"]} data-testid="provenance">
        <span className={css["label"]} data-live={live}>
          {label}
        </span>
        {children}
      </p>
    </section>
  );
}

/** A name such as concierge-1m stays in one piece. */
const unbroken = (text: string): readonly ReactNode[] =>
  text.split(/([\w.]+(?:-[\w.]+)+)/).map((part, at) =>
    at % 2 === 0 ? (
      part
    ) : (
      <span key={at} className={css["name"]}>
        {part}
      </span>
    ),
  );
