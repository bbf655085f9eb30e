/** The page's one conductor: made when something first asks for it. */
import { toAddress } from "#core/run/address.ts";
import { unwrap } from "#core/run/failure.ts";
import { parseConfig } from "#core/run/parse-config.ts";
import type { Experiment } from "#lab/experiment/experiment.ts";
import type { Lab } from "../../lab.ts";
import { createConductor, type Conductor } from "./conductor.ts";
import { createKeptLines } from "./kept-lines.ts";

const conductors = new WeakMap<Lab, Conductor>();

export function conductorOf(lab: Lab): Conductor {
  const known = conductors.get(lab);
  if (known !== undefined) return known;
  const made = createConductor({
    run: (config, options) => lab.session.runConfig({ config, options }),
    stop: () => lab.session.stop(),
    models: () => lab.stores.engine.getState().models,
    kept: createKeptLines(pageStorage()),
    address: (experiment) => addressOf(experiment),
  });
  conductors.set(lab, made);
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
