/**
 * What is said: the turns so far, the request being typed, and the buttons that run it. Stop stands
 * in the head, above all that grows while an answer is written, so that it stays under the pointer.
 */
import { Button, Textarea } from "@mantine/core";
import { factsOf } from "#core/strategies/table.ts";
import { useEffect, useRef, type FocusEvent, type RefObject } from "react";
import { useFacts, useLab } from "../../lab.ts";
import { isRacing } from "../../stores/race.ts";
import { DemoPrompts } from "./demo-prompts.tsx";
import { AnswerCall } from "./answer-call.tsx";
import { Turns } from "./turns.tsx";
import css from "./ask.module.css";

export function Ask() {
  const { actions, stores } = useLab();
  const draft = useFacts("conversation", (facts) => facts.draft);
  const started = useFacts("conversation", (facts) => facts.turns.length > 0);
  const waiting = useFacts("conversation", (facts) => facts.answer !== null);
  const running = useFacts("runs", (facts) => facts.liveKey !== null);
  const racing = useFacts("race", isRacing);
  const ready = useFacts("engine", (facts) => facts.state === "ready");
  const busy = running || racing;
  // What was asked and got no answer can be asked again as the settings now are; Retry repeats them as they were.
  const unanswered = useFacts("conversation", (facts) => facts.unanswered !== null);
  const canRun = ready && !racing && (draft.trim() !== "" || unanswered);
  const section = useRef<HTMLElement>(null);
  const keptFocus = useKeptFocus(section, `${busy} ${waiting} ${started}`);
  return (
    <section
      ref={section}
      className={css["ask"]}
      aria-labelledby="ask-title"
      data-screen-only={started ? undefined : true}
      {...keptFocus}
    >
      <div className={css["head"]}>
        <h2 id="ask-title">{started ? "Conversation" : "Ask for something to book"}</h2>
        {busy && (
          <Button
            size="compact-md"
            variant="outline"
            onClick={() => void actions.stop()}
            data-testid="stop"
            data-focus-next
          >
            Stop
          </Button>
        )}
      </div>
      <Turns />
      {waiting ? (
        <AnswerCall />
      ) : (
        <Textarea
          label={started ? "Your next turn" : "Your request"}
          autosize
          minRows={2}
          maxRows={6}
          value={draft}
          data-testid="prompt"
          onChange={(event) => stores.conversation.setState({ draft: event.currentTarget.value })}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
            event.preventDefault();
            if (canRun && !running) void actions.ask();
          }}
        />
      )}
      {!busy && (
        <div className={css["actions"]}>
          {!waiting && (
            <Button onClick={() => void actions.ask()} disabled={!canRun} data-testid="run" data-focus-next>
              {started ? "Send" : "Run"}
            </Button>
          )}
          {started && (
            <Button variant="subtle" onClick={() => actions.newConversation()}>
              New conversation
            </Button>
          )}
        </div>
      )}
      {!started && !waiting && <DemoPrompts />}
      <BreakIt disabled={!ready || busy} />
    </section>
  );
}

/**
 * A button that was pressed may be gone by its own effect, and the focus with it. Where that was in
 * here it goes to what comes next: Stop while something runs, the turns so far after it.
 */
function useKeptFocus(
  section: RefObject<HTMLElement | null>,
  moment: string,
): { readonly onFocus: () => void; readonly onBlur: (event: FocusEvent) => void } {
  const held = useRef(false);
  useEffect(() => {
    if (!held.current || document.activeElement !== document.body) return;
    section.current?.querySelector<HTMLElement>("[data-focus-next]")?.focus({ preventScroll: true });
  }, [section, moment]);
  return {
    onFocus: () => {
      held.current = true;
    },
    // What is removed blurs too; who left by hand left something that is still there.
    onBlur: ({ target }) => {
      held.current = !target.isConnected || target.matches(":disabled");
    },
  };
}

/** Faults put in on purpose: the agreement badge must turn red at that token. */
function BreakIt({ disabled }: { readonly disabled: boolean }) {
  const { actions } = useLab();
  const cuts = useFacts("settings", (facts) => factsOf(facts.mode).faults.includes("corrupt-activation"));
  return (
    <fieldset className={css["break"]} aria-label="Break it on purpose" data-screen-only>
      <span>Break it:</span>
      <Button
        size="compact-sm"
        variant="default"
        disabled={disabled || !cuts}
        onClick={() => void actions.breakIt("corrupt-activation")}
        data-testid="break-corrupt"
      >
        Corrupt an activation
      </Button>
      <Button
        size="compact-sm"
        variant="default"
        disabled={disabled || !cuts}
        onClick={() => void actions.breakIt("rewind-short")}
        data-testid="break-rewind"
      >
        Rewind one short
      </Button>
    </fieldset>
  );
}
