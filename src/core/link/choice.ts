/**
 * What a config asks of the link, as one readable word: a preset's name, `trace:name`, or figures
 * such as `up:20,down:100,rtt:30,jitter:3,loss:0.01` (Mbit/s, Mbit/s, ms, ms, share; what is left
 * out is unshaped).
 */
import type { LinkChoice, LinkFigures } from "../run/config.ts";
import { isRecord } from "../schema/json.ts";
import { unfit } from "../schema/read.ts";
import { mustBeKnown } from "../run/config/known-keys.ts";
import { unfitFigure } from "./figure-bounds.ts";
import { UNSHAPED } from "./link-model.ts";
import { LINK_PRESETS, presetNamed } from "./presets.ts";

const FIGURE_KEYS = {
  up: "uplinkMbps",
  down: "downlinkMbps",
  rtt: "rttMs",
  jitter: "jitterMs",
  loss: "loss",
} as const satisfies Record<string, keyof LinkFigures>;
const FIGURE_NAMES = Object.values(FIGURE_KEYS);
const TRACE = /^trace:[A-Za-z0-9._-]+$/;

const LINK_EXPECTED = `${LINK_PRESETS.map((preset) => preset.name).join(", ")}, trace:name, or figures such as up:20,down:100,rtt:30,jitter:3,loss:0.01`;

const isFigureKey = (key: string): key is keyof typeof FIGURE_KEYS => Object.hasOwn(FIGURE_KEYS, key);

/** Throws Failed with `bad-value`, or `unknown-key` for a figure that there is not. */
export function readLinkChoice(value: unknown, path: string): LinkChoice {
  if (typeof value === "string")
    return presetNamed(value) !== null || TRACE.test(value) ? value : readFigureText(value, path);
  if (!isRecord(value)) return unfit(path, value, LINK_EXPECTED);
  mustBeKnown(value, FIGURE_NAMES, path);
  const figures = { ...UNSHAPED };
  for (const name of FIGURE_NAMES)
    if (value[name] !== undefined) figures[name] = readFigure(name, value[name], `${path}.${name}`);
  return figures;
}

function readFigureText(text: string, path: string): LinkFigures {
  const figures = { ...UNSHAPED };
  const given = new Set<string>();
  for (const part of text.split(",")) {
    const [key = "", figure = "", ...rest] = part.split(":");
    if (!isFigureKey(key) || figure.trim() === "" || rest.length > 0 || given.has(key))
      return unfit(path, text, LINK_EXPECTED);
    given.add(key);
    figures[FIGURE_KEYS[key]] = readFigure(FIGURE_KEYS[key], Number(figure), path);
  }
  return figures;
}

function readFigure(name: keyof LinkFigures, value: unknown, path: string): number {
  const wanted = unfitFigure(name, typeof value === "number" ? value : NaN);
  if (typeof value !== "number" || wanted !== null) return unfit(path, value, `${name} as ${wanted}`);
  return value + 0; // -0 is 0
}

export function writeLinkChoice(choice: LinkChoice): string {
  if (typeof choice === "string") return choice;
  const parts = Object.entries(FIGURE_KEYS).flatMap(([key, name]) =>
    choice[name] === 0 ? [] : [`${key}:${choice[name]}`],
  );
  return parts.length > 0 ? parts.join(",") : "up:0";
}
