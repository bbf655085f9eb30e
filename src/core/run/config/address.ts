/**
 * A run as the part of the page's address behind the `#`: `#mode=split&cut=4&prompt=…&run=1`.
 *
 * Only behind it: what follows a `#` never leaves the browser, so no server sees a prompt that the
 * strategy keeps on the device. Only keys that differ from their default are written, in the
 * table's order, encoded as URLSearchParams does it (a space is `+`). Reading gives back the very
 * config. `run` (start at once), `experiment` and `lesson` (which one is shown), `demo` (the show
 * for a stand), `view` (what is shown in place of the one screen), `panel` (what is open in front),
 * `level` (how much the page says), `scenario` (under which the run is judged) and `class` (the code of the
 * class that this tab is in; without one, the lecturer's view) are the page's own keys.
 */
import type { RunConfig } from "../config.ts";
import { CONFIG_KEY_NAMES, isConfigKey, writtenKey } from "./config-keys.ts";
import { attempt, fail, unwrap, type Result } from "../failure.ts";
import { parseRun } from "../kinds.ts";
import { nearestFirst } from "./nearest.ts";

export interface PageAddress {
  readonly config: RunConfig;
  /** It names at least one key of a run, be it by its default. */
  readonly named: boolean;
  /** Start the run as soon as the page is ready. */
  readonly run: boolean;
  readonly experiment: string | null;
  /** The experiment whose lesson is open. */
  readonly lesson: string | null;
  readonly demo: boolean;
  /** What is open in front of the one screen. */
  readonly panel: Panel | null;
  /** What is shown instead of the one screen. */
  readonly view: ViewName | null;
  /** How much the page says; null where the address leaves it open. */
  readonly level: Level | null;
  readonly scenario: string | null;
  /** The code of the class that the tab is in. */
  readonly class: string | null;
}

export const PANELS = ["preflight", "plan", "frames", "record", "share"] as const;
export type Panel = (typeof PANELS)[number];

/** Views with an address of their own; experiments, lessons and the show have keys of their own. */
export const VIEWS = ["edge", "projector", "class", "history", "about"] as const;
export type ViewName = (typeof VIEWS)[number];

export const LEVELS = ["beginner", "expert"] as const;
export type Level = (typeof LEVELS)[number];

export type PageKeys = Partial<Omit<PageAddress, "config" | "named">>;

const PAGE_KEYS = ["run", "experiment", "lesson", "demo", "view", "panel", "level", "scenario", "class"] as const;

/** `#` and the keys that differ from their defaults; `#` alone when none does. */
export function toAddress(config: RunConfig, page: PageKeys = {}): string {
  const keys: readonly (readonly [string, string | null])[] = [
    ...CONFIG_KEY_NAMES.map((name) => [name, writtenKey(name, config)] as const),
    ["experiment", page.experiment ?? null],
    ["lesson", page.lesson ?? null],
    ["run", page.run === true ? "1" : null],
    ["demo", page.demo === true ? "1" : null],
    ["view", page.view ?? null],
    ["panel", page.panel ?? null],
    ["level", page.level ?? null],
    ["scenario", page.scenario ?? null],
    ["class", page.class ?? null],
  ];
  return `#${keys.flatMap(([key, value]) => (value === null ? [] : [`${key}=${encode(value)}`])).join("&")}`;
}

/** The page's address with this run in it. Whatever was behind `?` or `#` before is dropped. */
export const toLink = (pageUrl: string, config: RunConfig, page: PageKeys = {}): string =>
  pageUrl.replace(/[?#].*$/s, "") + toAddress(config, page);

/** `hash` with or without its `#`. A key given twice, an unknown one or a value that cannot be is refused. */
export function fromAddress(hash: string): Result<PageAddress> {
  return attempt(() => {
    const values = valuesIn(hash);
    const { experiment = null, lesson = null, scenario = null, class: code } = Object.fromEntries(values);
    const page = {
      run: switchIn(values, "run", "1 to start at once, or 0"),
      experiment,
      lesson,
      demo: switchIn(values, "demo", "1 for the show, or 0"),
      view: code === "" ? "class" : oneOf(values, "view", VIEWS),
      panel: oneOf(values, "panel", PANELS),
      level: oneOf(values, "level", LEVELS),
      scenario,
      class: code?.toUpperCase() || null,
    };
    for (const key of PAGE_KEYS) values.delete(key);
    const stranger = [...values.keys()].find((key) => key !== "kind" && !isConfigKey(key));
    if (stranger !== undefined)
      fail({
        code: "unknown-key",
        key: stranger,
        known: nearestFirst(stranger, [...CONFIG_KEY_NAMES, ...PAGE_KEYS, "kind"]),
      });
    const { config } = unwrap(parseRun(Object.fromEntries(values), "prepare"));
    return { config, named: values.size > 0, ...page };
  });
}

/** Every key of an address with its text. Throws Failed: bad-value, keys-conflict. */
function valuesIn(hash: string): Map<string, string> {
  const values = new Map<string, string>();
  const parts = hash.replace(/^#/, "").split("&");
  for (const part of parts.filter((each) => each !== "")) {
    const [rawKey = "", ...rest] = part.split("=");
    const key = decode(rawKey);
    const value = decode(rest.join("="));
    if (key === null || value === null)
      return fail({
        code: "bad-value",
        key: key ?? rawKey,
        value: part,
        expected: "text encoded as in an address (%20, %2C, ...)",
      });
    if (values.has(key)) return fail({ code: "keys-conflict", keys: [key], why: "it is given twice" });
    values.set(key, value);
  }
  return values;
}

function switchIn(values: ReadonlyMap<string, string>, key: "run" | "demo", expected: string): boolean {
  const value = values.get(key) ?? "0";
  return value === "1" || (value !== "0" && fail({ code: "bad-value", key, value, expected }));
}

/** The one of `known` that `key` names; null where the key is left out. Throws Failed: bad-value. */
function oneOf<T extends string>(
  values: ReadonlyMap<string, string>,
  key: "view" | "panel" | "level",
  known: readonly T[],
): T | null {
  const named = values.get(key);
  const found = known.find((each) => each === named) ?? null;
  if (named !== undefined && found === null)
    return fail({ code: "bad-value", key, value: named, expected: `one of ${known.join(", ")}` });
  return found;
}

/** As URLSearchParams writes it, but with `,`, `:` and `/` left readable. */
function encode(value: string): string {
  return encodeURIComponent(value.replace(/\p{Surrogate}/gu, "\ufffd"))
    .replace(/%20/g, "+")
    .replace(/%2C/gi, ",")
    .replace(/%3A/gi, ":")
    .replace(/%2F/gi, "/");
}

/** Null when the percent escapes are not UTF-8. */
function decode(text: string): string | null {
  try {
    return decodeURIComponent(text.replace(/\+/g, " "));
  } catch (thrown) {
    if (thrown instanceof URIError) return null;
    throw thrown;
  }
}
