/** What went wrong, where a view has its place for it: title, detail and what to do next, and what the view has to add. */
import type { ReactNode } from "react";
import { describeFailure } from "#core/run/failure/failure-text.ts";
import type { Failure } from "#core/run/failure.ts";
import css from "./view.module.css";

interface Props {
  readonly failure: Failure;
  readonly testId: string;
  readonly children?: ReactNode;
}

export function FailureNote({ failure, testId, children }: Props) {
  const { title, detail, next } = describeFailure(failure);
  return (
    <p role="alert" className={css["trouble"]} data-testid={testId} data-code={failure.code}>
      <strong>{title}</strong> {detail} {next}
      {children}
    </p>
  );
}
