/** Three things to do first: they tick themselves off, stand in room of their own, and stay away once dismissed. */
import { firstSteps } from "../../derive/words/first-steps.ts";
import { useFacts } from "../../lab.ts";
import css from "./steps.module.css";

export default function Steps({ onDismiss }: { readonly onDismiss: () => void }) {
  const cutMoved = useFacts("page", (facts) => facts.cutMoved);
  const lanes = useFacts("runs", (facts) => facts.lanes);
  const race = useFacts("race", (facts) => facts);
  const steps = firstSteps({ cutMoved, lanes, race });
  const next = steps.findIndex(({ done }) => !done);
  return (
    <div className={css["steps"]} data-testid="steps">
      <ol aria-label="First steps">
        {steps.map(({ name, done }, at) => (
          <li key={name} data-done={done} aria-current={at === next ? "step" : undefined}>
            <i aria-hidden>{done ? "\u2713" : at + 1}</i>
            {name}
            {done && <span className="hidden-visually">, done</span>}
          </li>
        ))}
      </ol>
      <button type="button" onClick={onDismiss}>
        {next < 0 ? "Done" : "Dismiss"}
      </button>
    </div>
  );
}
