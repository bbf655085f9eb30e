/** The page's one sweep runner: made when something first asks for it. */
import { toAddress } from "#core/run/config/address.ts";
import { unwrap } from "#core/run/failure.ts";
import { parseConfig } from "#core/run/config/parse-config.ts";
import type { Experiment } from "#lab/experiment/experiment.ts";
import type { Lab } from "../../lab.ts";
import { SweepRunner } from "./sweep-runner.ts";
import { createKeptLines } from "./kept-lines.ts";

const runners = new WeakMap<Lab, SweepRunner>();

export function sweepRunnerOf(lab: Lab): SweepRunner {
  const known = runners.get(lab);
  if (known !== undefined) return known;
  const made = new SweepRunner({
    run: (config, options) => lab.actions.runBeside({ config, options, unkept: true }),
    stop: () => lab.actions.stop(),
    models: () => lab.stores.engine.getState().models,
    kept: createKeptLines(pageStorage()),
    address: (experiment) => addressOf(experiment),
  });
  runners.set(lab, made);
  return made;
}

/** Null where the browser is set to keep nothing. */
function pageStorage(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

const addressOf = ({ id }: Experiment): string => toAddress(unwrap(parseConfig({}, "prepare")), { experiment: id });
