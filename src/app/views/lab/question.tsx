/** One question of a lesson: an answer to choose before the result is there, and the two side by side after. */
import { useId } from "react";
import { answerOf, type Question } from "#lab/experiment/lesson.ts";
import type { Plot } from "#lab/plot/plot.ts";
import { Words } from "../term/words.tsx";
import css from "./lesson.module.css";

interface Props {
  readonly question: Question;
  readonly number: number;
  readonly answer: number | null;
  /** The result; null until the class has committed. */
  readonly plots: readonly Plot[] | null;
  /** Null once the answer stands. */
  readonly onAnswer: ((answer: number) => void) | null;
}

export function QuestionView({ question, number, answer, plots, onAnswer }: Props) {
  return (
    <fieldset className={css["asked"]} disabled={onAnswer === null} data-testid={`question-${number}`}>
      <legend>
        <Words>{question.ask}</Words>
      </legend>
      {question.kind === "choice" ? (
        <Choices question={question} answer={answer} plots={plots} onAnswer={onAnswer} />
      ) : (
        <Amount question={question} answer={answer} onAnswer={onAnswer} />
      )}
      {plots !== null && <Verdict question={question} answer={answer} plots={plots} />}
    </fieldset>
  );
}

type Of<K> = Extract<Question, { kind: K }>;

function Choices({
  question,
  answer,
  plots,
  onAnswer,
}: Omit<Props, "number" | "question"> & { readonly question: Of<"choice"> }) {
  const name = useId();
  const told = plots === null ? null : answerOf(question, plots);
  return question.choices.map(({ text }, index) => (
    <label key={text} className={css["choice"]} data-right={told?.kind === "choice" && told.right === index}>
      <input type="radio" name={name} checked={answer === index} onChange={() => onAnswer?.(index)} />
      <span>
        {text}
        {onAnswer === null && answer === index && " (your prediction)"}
        {told?.kind === "choice" && told.right === index && <strong> (as measured)</strong>}
      </span>
    </label>
  ));
}

function Amount({
  question,
  answer,
  onAnswer,
}: Pick<Props, "answer" | "onAnswer"> & { readonly question: Of<"amount"> }) {
  const { from, to, step, unit } = question;
  const middle = from + Math.round((to - from) / 2 / step) * step;
  const choose = (input: HTMLInputElement): void => onAnswer?.(input.valueAsNumber);
  return (
    <div className={css["amount"]}>
      <span>{from}</span>
      <input
        type="range"
        min={from}
        max={to}
        step={step}
        value={answer ?? middle}
        aria-label={question.ask}
        aria-valuetext={answer === null ? "not answered yet" : `${rounded(answer)} ${unit}`}
        onChange={(event) => choose(event.currentTarget)}
        onClick={(event) => choose(event.currentTarget)}
        onKeyUp={(event) => (event.key === "Enter" || event.key === " ") && choose(event.currentTarget)}
      />
      <span>{to}</span>
      <output>{answer === null ? "move it" : `${rounded(answer)} ${unit}`}</output>
    </div>
  );
}

function Verdict({
  question,
  answer,
  plots,
}: {
  readonly question: Question;
  readonly answer: number | null;
  readonly plots: readonly Plot[];
}) {
  const told = answerOf(question, plots);
  if (told === null) return <p className={css["verdict"]}>This result does not say: a run of it is missing.</p>;
  if (told.kind === "amount") {
    return (
      <p className={css["verdict"]} data-testid="verdict">
        You said {answer === null ? "nothing" : rounded(answer)}; measured:{" "}
        <strong>
          {rounded(told.value)} {question.kind === "amount" ? question.unit : ""}
        </strong>
        .
      </p>
    );
  }
  const right = answer === told.right;
  return (
    <p className={css["verdict"]} data-right={right} data-testid="verdict">
      {right ? "So it was measured." : "It was measured otherwise."}
    </p>
  );
}

const rounded = (value: number): string =>
  Math.abs(value) >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString();
