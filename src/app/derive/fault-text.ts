/** A run that was broken on purpose, in words: what was changed, and what it did to the text. */
import type { InjectedFault } from "#core/run/record/injected-fault.ts";
import { count } from "../format/units.ts";
import type { Lane } from "../stores/runs.ts";
import { wrongFrom } from "./figures.ts";

type FaultByKind = { readonly [F in InjectedFault as F["kind"]]: F };

const WHAT: { readonly [K in InjectedFault["kind"]]: (fault: FaultByKind[K]) => string } = {
  "corrupt-activation": ({ token, position, values, channel, before, after }) =>
    `On its way to token ${token + 1} the smashed data of position ${position} was changed, all ${count(values)} values of it: the one in channel ${channel} most, from ${figure(before)} to ${figure(after)}.`,
  "rewind-short": ({ token, position, computedAt }) =>
    `From token ${token + 1} on every step was computed at position ${computedAt}, though the first of them belonged at ${position}: what was cached there is lost.`,
};

const textOf = <K extends InjectedFault["kind"]>(kind: K, fault: FaultByKind[K]): string => WHAT[kind](fault);

/** Empty for a run that nobody broke, and until the record says what was done. */
export function faultText({ record }: Pick<Lane, "record">): string {
  return record?.fault === undefined ? "" : textOf(record.fault.kind, record.fault);
}

/** The first wrong token beside what it would have been; empty where none is wrong or the record is of before. */
export function insteadText({ agreement, config }: Pick<Lane, "agreement" | "config">): string {
  const index = wrongFrom(agreement, config.mode);
  if (agreement.kind !== "checked" || index === Number.POSITIVE_INFINITY) return "";
  const { gotText, expectedText } = agreement.firstDifference ?? {};
  if (gotText === undefined || expectedText === undefined) return "";
  return `Token ${index + 1} is ${quoted(gotText)}; uncut it would be ${quoted(expectedText)}.`;
}

/** What ends a turn shows nothing. */
const quoted = (text: string): string => (text === "" ? "the end" : `\u201c${text.replaceAll("\n", "\u21b5")}\u201d`);

const figure = (value: number): string =>
  (Math.abs(value) >= 1000 ? count(value) : value.toPrecision(3)).replace("-", "\u2212");
