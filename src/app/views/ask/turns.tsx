/** The conversation, with tool calls and their results shown as what they are. */
import { useEffect, useRef } from "react";
import { useFacts } from "../../lab.ts";
import { laneOf } from "../../stores/runs.ts";
import type { Turn } from "../../stores/conversation.ts";
import { told } from "../../derive/words/told.ts";
import { useFocus } from "../model.ts";
import { InWords } from "./in-words.tsx";
import { Written } from "./written.tsx";
import { OffGround } from "./off-ground.tsx";
import { BrokenTurn } from "./broken-turn.tsx";
import { TurnTools } from "./turn-tools.tsx";
import css from "./ask.module.css";

const WHO: Readonly<Record<Turn["role"], string>> = {
  user: "You",
  assistant: "Model",
  call: "Model calls a tool",
  result: "Result",
};

export default function Turns() {
  const turns = useFacts("conversation", (facts) => facts.turns);
  const live = useFacts("runs", (facts) => laneOf(facts, facts.liveKey));
  const writing = turns.length > 0 && live !== null && live.race === null && live.sabotage === null;
  const note = useFacts("conversation", (facts) => facts.note);
  const unanswered = useFacts("conversation", (facts) => facts.unanswered);
  const failed = useFacts("runs", (facts) => laneOf(facts, unanswered));
  const streaming = writing ? live.tokens.map((token) => token.text).join("") : "";
  const list = useRef<HTMLOListElement>(null);
  const answered = turns.at(-1)?.laneKey ?? null;
  const answering = useFacts("runs", (facts) => laneOf(facts, writing ? facts.liveKey : answered));
  const focused = useFocus();
  const broken = focused !== null && focused.sabotage !== null ? focused : null;
  const starting = useFacts("page", (facts) => facts.starting);
  const refused = useFacts("page", (facts) => facts.starting && facts.failure !== null);
  const empty = turns.length === 0 && broken === null && !starting;
  useEffect(() => (empty || list.current === null ? undefined : keepAtEnd(list.current)), [empty]);
  if (empty) return null;
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <ol ref={list} className={css["turns"]} data-testid="turns" data-focus-next tabIndex={0} aria-label="Turns so far">
      {turns.map((turn, index) => (
        <li key={index} className={css["turn"]} data-role={turn.role}>
          <TurnView turn={turn} before={turns[index - 1]?.content} />
          <TurnTools at={index} />
        </li>
      ))}
      {failed !== null && (
        <li className={css["turn"]} data-role="assistant" data-failed>
          <span className={css["who"]}>{failed.tokens.length === 0 ? "No answer came" : "Model, cut off"}</span>
          <Written text={failed.tokens.map((token) => token.text).join("")} />
        </li>
      )}
      {writing && (
        <li className={css["turn"]} data-role="assistant" data-writing>
          <span className={css["who"]}>{streaming === "" ? "Model, getting ready" : "Model, writing"}</span>
          <Written text={streaming} />
        </li>
      )}
      {refused && <li className={css["told"]}>Nothing was run: this address asks for what cannot be.</li>}
      {note !== null && (
        <li className={css["told"]} data-testid="turn-note">
          {note}
        </li>
      )}
      {answering !== null && <OffGround key={answering.config.model} lane={answering} as="li" />}
      {broken !== null && turns.length === 0 && (
        <li className={css["turn"]} data-role="user">
          <span className={css["who"]}>You</span>
          {broken.config.prompt}
        </li>
      )}
      {broken !== null && <BrokenTurn lane={broken} />}
    </ol>
  );
}

/** Whatever comes into it, or grows in it, the end of the list stays in sight, unless somebody has scrolled away from it. */
function keepAtEnd(list: HTMLElement): () => void {
  let following = true;
  const toEnd = (): void => {
    if (following) list.scrollTo({ top: list.scrollHeight });
  };
  const look = (): void => {
    following = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_PX;
  };
  const grown = new MutationObserver(toEnd);
  grown.observe(list, { childList: true, subtree: true, characterData: true });
  list.addEventListener("scroll", look, { passive: true });
  toEnd();
  return () => {
    grown.disconnect();
    list.removeEventListener("scroll", look);
  };
}

/** About two lines. */
const NEAR_PX = 48;

function TurnView({ turn, before }: { readonly turn: Turn; readonly before: string | undefined }) {
  const who =
    turn.role === "result" && turn.by !== undefined
      ? `Result, from ${turn.by === "you" ? "you" : "a simulated service"}`
      : WHO[turn.role];
  return (
    <>
      <span className={css["who"]}>{who}</span>
      <InWords told={told(turn, before)} />
    </>
  );
}
