/** What a key does in front of a room: run again, ask the next of the requests to try, move the cut, leave. */
import { SCREEN } from "../../control/routing.ts";
import { choiceAt, stopsOf } from "../../derive/strip.ts";
import { loadDemoPrompts } from "../../device/demo-prompts.ts";
import type { Lab } from "../../lab.ts";
import { choiceOf } from "../../stores/settings.ts";

const isLive = ({ stores }: Lab): boolean => stores.runs.getState().liveKey !== null;

/** The request that is there, anew: in a room each answer stands alone. */
export async function runAgain(lab: Lab): Promise<void> {
  const { stores, actions } = lab;
  if (isLive(lab) || stores.engine.getState().state !== "ready") return;
  if (stores.conversation.getState().turns.length > 0) actions.newConversation();
  await actions.ask();
}

export async function nextRequest(lab: Lab): Promise<void> {
  const { stores, actions } = lab;
  if (isLive(lab)) return;
  const prompts = (await loadDemoPrompts()).map(({ prompt }) => prompt);
  if (stores.conversation.getState().turns.length > 0) actions.newConversation();
  const now = prompts.indexOf(stores.conversation.getState().draft);
  const next = prompts[(now + 1) % Math.max(1, prompts.length)];
  if (next === undefined) return;
  stores.conversation.setState({ draft: next });
  await runAgain(lab);
}

/** By one stop; behind the last comes the first. */
export function moveCut({ stores, actions }: Lab, by: 1 | -1): void {
  const settings = stores.settings.getState();
  const blocks = stores.engine.getState().models.find(({ name }) => name === settings.model)?.blocks;
  if (blocks === undefined) return;
  const choice = choiceOf(settings, blocks);
  const { now, min, max } = stopsOf(blocks, choice);
  const next = now + by;
  actions.chooseCut(choiceAt(blocks, choice, next > max ? min : next < min ? max : next));
}

export const leave = ({ stores }: Lab): void => stores.page.setState(SCREEN);

const ACTS: Readonly<Record<string, (lab: Lab) => void>> = {
  " ": (lab) => void runAgain(lab),
  n: (lab) => void nextRequest(lab),
  c: (lab) => moveCut(lab, 1),
  C: (lab) => moveCut(lab, -1),
  Escape: leave,
};

/** Null for a key that means nothing here, or something to what is in focus. */
export function actOf({ key, target, ctrlKey, metaKey, altKey }: KeyboardEvent): ((lab: Lab) => void) | null {
  if (ctrlKey || metaKey || altKey) return null;
  const typing = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
  const pressing = target instanceof HTMLButtonElement && key === " ";
  return typing || pressing ? null : (ACTS[key] ?? null);
}
