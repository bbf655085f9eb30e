/** By the answer, from the press on: that the request is off the model's ground, and the way to prompts that are on it. */
import { useEffect, useState } from "react";
import type { Ground } from "#core/model/ground.ts";
import { offGroundText } from "../../derive/off-ground.ts";
import { loadGround } from "../../device/ground.ts";
import { useFacts, useLab } from "../../lab.ts";
import type { Lane } from "../../stores/runs.ts";
import { DEMO_PROMPTS } from "./demo-prompts.tsx";
import css from "./ask.module.css";

/** A paragraph of its own, or an item of the conversation. */
export function OffGround({ lane, as: Tag = "p" }: { readonly lane: Lane; readonly as?: "p" | "li" }) {
  const { actions } = useLab();
  const ground = useGround(lane.config.model);
  const text = ground === null ? null : offGroundText(lane, ground);
  if (text === null) return null;
  const showPrompts = (): void => {
    actions.newConversation();
    setTimeout(() => document.querySelector<HTMLElement>(`#${DEMO_PROMPTS} button`)?.focus());
  };
  return (
    <Tag className={css["offGround"]} data-testid="off-ground">
      {text}{" "}
      <button type="button" onClick={showPrompts}>
        Prompts it knows
      </button>
    </Tag>
  );
}

/** Null until it is there, and for a model without one; a view is of one model (its key). */
function useGround(model: string): Ground | null {
  const url = useFacts("engine", (facts) => facts.models.find((each) => each.name === model)?.groundUrl ?? null);
  const { access } = useLab();
  const edge = useFacts("settings", (facts) => facts.edge);
  const token = access.of(edge);
  const [ground, setGround] = useState<Ground | null>(null);
  useEffect(() => {
    if (url !== null) void loadGround(url, token).then(setGround);
  }, [url, token]);
  return ground;
}
