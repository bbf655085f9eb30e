/** A config's choice of link as what the channel is to shape: figures, a recorded trace, or nothing. */
import { presetNamed } from "#core/link/presets.ts";
import type { LinkFigures, RunConfig } from "#core/run/config.ts";
import { fail } from "#core/run/failure.ts";
import type { RunOptions } from "#core/run/run-options.ts";
import type { CancelSignal } from "../ports.ts";
import type { World } from "../run/world.ts";
import type { LinkSetting } from "./edge-link.ts";

const TRACE = "trace:";

/** Throws Failed: bad-value for a name that nothing is known under, and what opening a trace throws. */
export async function linkSettingOf(
  { link, seed }: RunConfig,
  world: World,
  signal: CancelSignal,
): Promise<LinkSetting> {
  if (typeof link !== "string") return { name: "custom", figures: shaped(link), trace: null, seed };
  if (link.startsWith(TRACE))
    return { name: link, figures: null, trace: await world.openTrace(link.slice(TRACE.length), signal), seed };
  const preset = presetNamed(link);
  if (preset === null)
    return fail({ code: "bad-value", key: "link", value: link, expected: "a preset's name, trace:name, or figures" });
  return { name: preset.name, figures: shaped(preset.figures), trace: null, seed };
}

/** The same, with as much patience for an edge that is away as a run has. */
export const patientAs = ({ reconnectMs }: RunOptions, setting: LinkSetting): LinkSetting =>
  reconnectMs === undefined ? setting : { ...setting, reconnectMs };

/** Figures that ask for nothing are no figures. */
const shaped = (figures: LinkFigures): LinkFigures | null =>
  Object.values(figures).every((figure) => figure === 0) ? null : figures;
