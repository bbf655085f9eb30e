/**
 * Two runs beside each other: their figures with ratios, what differs in how they were made, and what
 * keeps the figures from being compared.
 */
import { CONFIG_KEY_NAMES, wholeKey, type ConfigKeyName } from "#core/run/config/config-keys.ts";
import { tpotOf } from "#core/plan/measured/bottleneck.ts";
import type { RunRecord } from "#core/run/record.ts";
import { count, duration, size, times } from "../format/units.ts";
import { waitedAtEnd } from "./outage-text.ts";
import { describeDevice } from "./tier-text.ts";

export interface ComparedFigure {
  readonly name: string;
  readonly first: string;
  readonly second: string;
  /** The second to the first; null where one of them has none. */
  readonly ratio: string | null;
}

export interface Difference {
  readonly name: string;
  readonly first: string;
  readonly second: string;
}

export interface Compared {
  readonly figures: readonly ComparedFigure[];
  /** Keys of the configuration, then the machines. */
  readonly differences: readonly Difference[];
  /** Sentences. */
  readonly cautions: readonly string[];
}

interface Figure {
  readonly name: string;
  readonly of: (record: RunRecord) => number | null;
  readonly text: (value: number) => string;
  /** Left out where both are this. */
  readonly unless?: number;
}

const awayMs = ({ outages = [] }: RunRecord): number => outages.reduce((sum, { ms }) => sum + ms, 0);

function wholeMs(record: RunRecord): number | null {
  const lastMs = record.tokens.at(-1)?.atMs;
  return lastMs === undefined ? null : lastMs + waitedAtEnd({ record, tokens: record.tokens });
}

const FIGURES: readonly Figure[] = [
  { name: "Time to the first token", of: ({ totals }) => totals.ttftMs, text: duration },
  { name: "Time per token", of: tpotOf, text: duration },
  { name: "Whole answer", of: wholeMs, text: duration },
  { name: "Of it, no connection", of: awayMs, text: duration, unless: 0 },
  { name: "Bytes up", of: ({ totals }) => totals.upBytes, text: size },
  { name: "Bytes down", of: ({ totals }) => totals.downBytes, text: size },
  { name: "Tokens", of: ({ tokens }) => tokens.length, text: count },
];

export function compared(first: RunRecord, second: RunRecord): Compared {
  return {
    figures: FIGURES.filter(
      ({ of, unless }) => unless === undefined || [of(first), of(second)].some((ms) => ms !== unless),
    ).map((figure) => figureOf(figure, first, second)),
    differences: [...settingsOf(first, second), ...machinesOf(first, second)],
    cautions: cautionsOf(first, second),
  };
}

const NONE = "\u2013";

function figureOf({ name, of, text }: Figure, first: RunRecord, second: RunRecord): ComparedFigure {
  const [a, b] = [of(first), of(second)];
  return {
    name,
    first: a === null ? NONE : text(a),
    second: b === null ? NONE : text(b),
    ratio: a === null || b === null || a === 0 ? null : a === b ? "the same" : times(b / a),
  };
}

/** Where they were made says more than a URL. */
const OF_THE_MACHINE: readonly ConfigKeyName[] = ["threads"];

function settingsOf(first: RunRecord, second: RunRecord): readonly Difference[] {
  return CONFIG_KEY_NAMES.filter((name) => !OF_THE_MACHINE.includes(name)).flatMap((name) =>
    difference(name, wholeKey(name, first.config) ?? "left out", wholeKey(name, second.config) ?? "left out"),
  );
}

const MACHINES: readonly { readonly name: string; readonly of: (record: RunRecord) => string }[] = [
  { name: "this tab computed with", of: ({ provenance }) => describeDevice(provenance.device) },
  { name: "browser", of: ({ provenance }) => `${provenance.browser}, ${provenance.cores} cores` },
  {
    name: "edge server",
    of: ({ provenance: { edge } }) =>
      edge === null ? "none" : `${edge.runtime} (${edge.provider}), ${edge.threads} threads of ${edge.cores} cores`,
  },
  { name: "weights", of: ({ provenance }) => provenance.modelRevision.slice(0, 12) },
  { name: "version of Cutlayer", of: ({ provenance }) => provenance.commit },
];

const machinesOf = (first: RunRecord, second: RunRecord): readonly Difference[] =>
  MACHINES.flatMap(({ name, of }) => difference(name, of(first), of(second)));

const difference = (name: string, first: string, second: string): readonly Difference[] =>
  first === second ? [] : [{ name, first, second }];

function cautionsOf(first: RunRecord, second: RunRecord): readonly string[] {
  const work =
    first.tokens.length === second.tokens.length
      ? []
      : [
          `One gave ${count(first.tokens.length)} tokens and the other ${count(second.tokens.length)}: whole answers and bytes are of different work.`,
        ];
  const once = ["Each figure is of one run: a race repeats them, and says how far they spread."];
  return [...work, ...once];
}
