/** What can be done with a turn. It stands at the turn's head and takes no room of its own. */
import { Button } from "@mantine/core";
import { useState, type MouseEvent } from "react";
import { againText, askedLast, edit, regenerate, stopEditing } from "../../control/turn-actions.ts";
import { copyText } from "../../device/clipboard.ts";
import { useFacts, useLab } from "../../lab.ts";
import { isRacing } from "../../stores/race.ts";
import { useExpert } from "../level.ts";
import css from "./turn-tools.module.css";

export function TurnTools({ at }: { readonly at: number }) {
  const lab = useLab();
  const turn = useFacts("conversation", ({ turns }) => turns[at]);
  const editing = useFacts("conversation", (facts) => facts.editing?.at === at);
  const last = useFacts("conversation", ({ turns }) => at === turns.length - 1 && askedLast(turns) !== null);
  const inSight = useInSight(at);
  const again = useFacts("settings", againText);
  const running = useFacts("runs", (facts) => facts.liveKey !== null);
  const racing = useFacts("race", isRacing);
  const ready = useFacts("engine", (facts) => facts.state === "ready");
  if (turn === undefined) return null;
  const idle = ready && !running && !racing;
  const about = shortened(turn.content);
  return (
    <span className={css["tools"]} data-last={last || editing}>
      {turn.role === "user" && inSight.edit && !editing && (
        <Tool name="Edit" about={about} disabled={!idle} onPress={() => startEditing(() => edit(lab, at))} />
      )}
      {editing && <Tool name="Leave" about="as it was" onPress={() => stopEditing(lab)} />}
      {turn.laneKey !== undefined && last && (
        <Tool name="Regenerate" about={again} disabled={!idle} onPress={() => void regenerate(lab)} />
      )}
      {inSight.copy && <CopyTool text={turn.content.trim()} about={about} />}
    </span>
  );
}

/** A newcomer is offered what belongs to the end of the conversation. */
function useInSight(at: number): { readonly edit: boolean; readonly copy: boolean } {
  const expert = useExpert();
  const latest = useFacts("conversation", ({ turns }) => turns.findLastIndex(({ role }) => role === "user"));
  return { edit: expert || at === latest, copy: expert };
}

/** The request stands where requests are typed, and so does the cursor. */
function startEditing(begin: () => void): void {
  begin();
  setTimeout(() => document.querySelector<HTMLTextAreaElement>("[data-testid='prompt']")?.focus());
}

interface ToolProps {
  readonly name: string;
  readonly about: string;
  readonly disabled?: boolean;
  readonly onPress: (event: MouseEvent<HTMLElement>) => void;
}

function Tool({ name, about, disabled = false, onPress }: ToolProps) {
  return (
    <Button
      size="compact-sm"
      variant="subtle"
      className={css["tool"] ?? ""}
      disabled={disabled}
      title={about}
      aria-label={`${name}: ${about}`}
      data-testid={`turn-${name.toLowerCase()}`}
      onClick={onPress}
    >
      {name}
    </Button>
  );
}

function CopyTool({ text, about }: { readonly text: string; readonly about: string }) {
  const { stores } = useLab();
  const [copied, setCopied] = useState(false);
  const copy = async (turn: Element | null): Promise<void> => {
    const done = await copyText(text);
    setCopied(done);
    if (!done && turn !== null) window.getSelection()?.selectAllChildren(turn);
    const announcement = done
      ? "Copied."
      : "This browser lets no page copy here. The turn is selected: copy it by the keys.";
    stores.page.setState({ announcement });
  };
  return (
    <Tool
      name={copied ? "Copied" : "Copy"}
      about={about}
      onPress={(event) => void copy(event.currentTarget.closest("li"))}
    />
  );
}

const shortened = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}…` : text);
