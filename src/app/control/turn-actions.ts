/** What can be done with a turn that is there: its answer asked for again, its wording changed, its text taken along. */
import type { RunConfig } from "#core/run/config.ts";
import { SEED_MAX } from "#core/sampling/settings.ts";
import { factsOf } from "#core/strategies/table.ts";
import type { Lab } from "../lab.ts";
import type { Turn } from "../stores/conversation.ts";

type Page = Pick<Lab, "stores" | "actions">;

/** What was asked last, with all before it; null where nothing was. The model may have said several turns in answer. */
export function askedLast(turns: readonly Turn[]): readonly Turn[] | null {
  const at = turns.findLastIndex(
    ({ role, laneKey }) => laneKey === undefined && (role === "user" || role === "result"),
  );
  return at < 0 ? null : turns.slice(0, at + 1);
}

const draws = ({ temperature }: Pick<RunConfig, "temperature">): boolean => temperature > 0;

const seedAfter = (seed: number): number => (seed >= SEED_MAX ? 0 : seed + 1);

/** What asking again comes to, before it is done. */
export function againText(settings: Pick<RunConfig, "mode" | "temperature" | "seed">): string {
  if (draws(settings)) return `Asks again with seed ${seedAfter(settings.seed)} in place of ${settings.seed}`;
  return factsOf(settings.mode).lossless === "lossy"
    ? "Asks again; without chance (temperature 0)"
    : "Asks again; without chance (temperature 0) the answer stays the same";
}

/** The last answer once more: with the next seed where chance has a say, else as it was. */
export async function regenerate({ stores, actions }: Page): Promise<void> {
  const { conversation, settings } = stores;
  const { turns } = conversation.getState();
  const asked = askedLast(turns);
  if (asked === null) return;
  const { temperature, seed } = settings.getState();
  if (draws({ temperature })) actions.choose({ seed: seedAfter(seed) });
  await actions.say(asked);
  const now = conversation.getState();
  // Refused settings leave the old answer, a failure none.
  const answered = now.unanswered === null && now.turns.at(-1)?.laneKey !== turns.at(-1)?.laneKey;
  const note = answered ? noteOf({ temperature, seed: settings.getState().seed }, sameText(turns, now.turns)) : null;
  if (note === null) return;
  conversation.setState({ note });
  stores.page.setState({ announcement: note });
}

const sameText = (before: readonly Turn[], now: readonly Turn[]): boolean =>
  before.length === now.length && before.every(({ content }, at) => content === now[at]?.content);

function noteOf({ temperature, seed }: Pick<RunConfig, "temperature" | "seed">, same: boolean): string {
  const chance = draws({ temperature }) ? `Seed ${seed}` : "Temperature 0, so no chance";
  if (same) return `${chance}: the same answer again.`;
  return draws({ temperature })
    ? `${chance}: another answer.`
    : `${chance}, yet another answer: the settings are not what they were.`;
}

/** Puts an earlier request where the next one is typed. */
export function edit({ stores }: Pick<Page, "stores">, at: number): void {
  const { turns, draft, editing } = stores.conversation.getState();
  const turn = turns[at];
  if (turn === undefined) return;
  stores.conversation.setState({
    draft: turn.content,
    editing: { at, draftBefore: editing?.draftBefore ?? draft },
  });
}

/** What was typed before comes back. */
export function stopEditing({ stores }: Pick<Page, "stores">): void {
  const { editing } = stores.conversation.getState();
  if (editing !== null) stores.conversation.setState({ draft: editing.draftBefore, editing: null });
}
