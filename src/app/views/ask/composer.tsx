/** The request being typed, and the button that runs it. */
import { Button, Textarea } from "@mantine/core";
import { useFacts, useLab } from "../../lab.ts";
import { isRacing } from "../../stores/race.ts";
import css from "./ask.module.css";

export function Composer({ busy }: { readonly busy: boolean }) {
  const { actions, stores } = useLab();
  const draft = useFacts("conversation", (facts) => facts.draft);
  const started = useFacts("conversation", (facts) => facts.turns.length > 0);
  const editing = useFacts("conversation", (facts) => facts.editing !== null);
  const canRun = useCanRun();
  return (
    <>
      <Textarea
        label={editing ? "The request, in other words" : started ? "Your next turn" : "Your request"}
        {...(started
          ? {
              description: editing
                ? "Sending replaces that turn and all behind it"
                : "Enter sends, Shift and Enter begins a line",
            }
          : { autosize: true, minRows: 2, maxRows: 6 })}
        value={draft}
        data-testid="prompt"
        onChange={(event) => stores.conversation.setState({ draft: event.currentTarget.value })}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
          event.preventDefault();
          if (canRun && !busy) void actions.ask();
        }}
      />
      <div className={css["actions"]}>
        {!busy && (
          <Button onClick={() => void actions.ask()} disabled={!canRun} data-testid="run" data-focus-next>
            {started ? "Send" : "Run"}
          </Button>
        )}
        {!busy && started && !editing && <NewConversation />}
      </div>
    </>
  );
}

/** What was asked and got no answer can be asked again as the settings now are; Retry repeats them as they were. */
function useCanRun(): boolean {
  const something = useFacts("conversation", ({ draft, unanswered }) => draft.trim() !== "" || unanswered !== null);
  const racing = useFacts("race", isRacing);
  const ready = useFacts("engine", (facts) => facts.state === "ready");
  return ready && !racing && something;
}

export function NewConversation() {
  const { actions } = useLab();
  return (
    <Button variant="subtle" onClick={() => actions.newConversation()}>
      New conversation
    </Button>
  );
}
