/**
 * A declaration from outside: an experiment file of somebody else's. What does not fit its schema is
 * refused with the path to it and what would, and so is what does not fit together.
 */
import { refuse, type Failure, type Result } from "#core/run/failure.ts";
import { isRecord, shown } from "#core/schema/json.ts";
import { readStrictly } from "#core/schema/strict.ts";
import { experiment, type Experiment } from "./experiment.ts";

/** Whether two declarations ask for the same runs and figures, whatever the order of their keys; what is said about them may change. */
export const sameExperiment = (a: Experiment, b: Experiment): boolean => inOrder(asked(a)) === inOrder(asked(b));

const asked = ({
  title: _title,
  question: _question,
  predict: _predict,
  notice: _notice,
  source: _source,
  lesson: _lesson,
  ...rest
}: Experiment): object => rest;

const inOrder = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) =>
    isRecord(each) ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1))) : each,
  );

/** What does not fit together: the first claim that does not hold, or null. */
function inconsistency(read: Experiment): Failure | null {
  const broken = [...ownClaims(read), ...armClaims(read)].find(({ holds }) => !holds);
  if (broken === undefined) return null;
  const { at, value, expected } = broken;
  return { code: "bad-value", key: `experiment.${at}`, value: shown(value), expected };
}

/** An id that can name a file, arms that are told apart, and lists of which something follows. */
function ownClaims({ id, arms, measures, sweep }: Experiment): readonly Claim[] {
  const names = arms.map(({ name }) => name);
  return [
    {
      holds: /^\w[\w.-]*$/.test(id),
      at: "id",
      value: id,
      expected: "letters, digits, - and _: it names the files",
    },
    { holds: names.length > 0, at: "arms", value: arms, expected: "a list of at least one arm" },
    {
      holds: new Set(names).size === names.length,
      at: "arms",
      value: repeated(names),
      expected: "each arm by a name of its own",
    },
    { holds: measures.length > 0, at: "measures", value: measures, expected: "a list of at least one measure" },
    ...Object.entries(sweep).map(([key, values]) => ({
      holds: values.length > 0,
      at: `sweep.${key}`,
      value: values,
      expected: "a list of at least one value; or leave the key out",
    })),
  ];
}

/** Wherever an arm is named, there is one of that name. */
function armClaims({ arms, reference, charts }: Experiment): readonly Claim[] {
  const names = arms.map(({ name }) => name);
  const claim = (name: string | undefined, at: string): Claim => ({
    holds: name === undefined || names.includes(name),
    at,
    value: name,
    expected: `an arm of this experiment: ${names.join(", ")}`,
  });
  return [
    claim(reference, "reference"),
    ...charts.flatMap((each, at) => {
      if (each.kind === "lines") return [claim(each.over, `charts[${at}].over`)];
      if (each.kind !== "map") return [];
      return [claim(each.arm, `charts[${at}].arm`), claim(each.against, `charts[${at}].against`)];
    }),
  ];
}

interface Claim {
  readonly holds: boolean;
  readonly at: string;
  readonly value: unknown;
  readonly expected: string;
}

const repeated = (names: readonly string[]): string | undefined => names.find((name, at) => names.indexOf(name) < at);

export function readExperiment(value: unknown): Result<Experiment> {
  const read = readStrictly(experiment, value, "experiment");
  const wrong = read.ok ? inconsistency(read.value) : null;
  return wrong === null ? read : refuse(wrong);
}
