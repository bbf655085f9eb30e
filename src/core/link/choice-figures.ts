/** The figures that a link choice comes to before any run; a trace's change as it goes, so it has none. */
import type { LinkChoice, LinkFigures } from "../run/config.ts";
import { UNSHAPED } from "./link-model.ts";
import { presetNamed } from "./presets.ts";

export const linkFiguresOf = (link: LinkChoice): LinkFigures =>
  typeof link === "string" ? (presetNamed(link)?.figures ?? UNSHAPED) : link;
