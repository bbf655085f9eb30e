/** That what is chosen is no longer what the run on screen was made with, so that no figure is taken for another's. */
import { ofAnyMachine, type Settings } from "../stores/settings.ts";
import type { Lane } from "../stores/runs.ts";
import { timeOfDay } from "../format/units.ts";

/** What people call the settings that are in sight; the others are "other settings". */
const NAMES: Partial<Record<keyof Settings, string>> = {
  mode: "the strategy",
  model: "the model",
  cut: "the cut",
  codec: "the codec",
  link: "the link",
};

/** Settings that differ from those of the run, by name. */
function changedSince(lane: Lane, settings: Settings): readonly string[] {
  const ran = ofAnyMachine(lane.config);
  // A race gives every strategy its run, and a cut may have been moved in mid-answer.
  const movedTo = lane.moves.at(-1)?.to;
  const same = (key: keyof Settings): boolean =>
    (lane.race !== null && (key === "mode" || key === "clients")) ||
    (key === "cut" && movedTo !== undefined && settings.cut === movedTo) ||
    JSON.stringify(settings[key]) === JSON.stringify(ran[key]);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a config are those of settings
  const keys = (Object.keys(ran) as (keyof Settings)[]).filter((key) => !same(key));
  return [...new Set(keys.map((key) => NAMES[key] ?? "other settings"))];
}

/** "Of the run of 14:02, before the cut and the codec changed."; null where they have not. */
export function changedText(lane: Lane, settings: Settings): string | null {
  if (lane.record === null) return null;
  const names = changedSince(lane, settings);
  if (names.length === 0) return null;
  const run = lane.origin === "recorded" ? "recorded run" : `run of ${timeOfDay(lane.record.provenance.startedAt)}`;
  return `Of the ${run}, before ${listed(names)} changed.`;
}

const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""}`;
