/**
 * A deadline for every token over a link that varies: those that came late are counted, and what the
 * planner's model says of the other places for the model is set beside it, as modelled.
 */
import { codecNamed } from "#core/codec/registry.ts";
import { UNSHAPED } from "#core/link/link-model.ts";
import { median } from "#core/measure/summary.ts";
import { tierTimesOf } from "#core/plan/measured/tier-times.ts";
import { NO_LIMITS, plan, type Option } from "#core/plan/planner.ts";
import type { RunRecord, TokenEvent } from "#core/run/record.ts";
import type { ModelSummary } from "#core/run/worker-api.ts";
import { factsOf } from "#core/strategies/table.ts";
import { line, type VerdictLine } from "../derive/verdict-line.ts";
import { duration } from "../format/units.ts";
import { counted, type Beside, type Scenario } from "./scenario.ts";

export const DEADLINE_MS = 50;

export const robot: Scenario = {
  label: "Robot",
  question: `Does each token come within ${DEADLINE_MS} ms, for a robot that acts on it?`,
  about: `Each token behind the first has ${DEADLINE_MS} ms from the one before it. Those that come late are counted in this one run, and the worst is named. What other places for the model would take is modelled from this run's times, on average: a link that varies may still be late.`,
  prompt: "Play the album Golden Hour on Spotify.",
  settings: {
    mode: "split",
    model: "concierge-10m",
    cut: 4,
    codec: "f32",
    link: "4g",
    temperature: 0,
    maxTokens: 48,
  },
  verdict,
};

/** From each token to the one behind it, ms. */
const waitsOf = (tokens: readonly TokenEvent[]): readonly number[] =>
  tokens.slice(1).map(({ atMs }, index) => atMs - (tokens[index]?.atMs ?? 0));

function verdict(record: RunRecord, { model }: Beside): VerdictLine {
  const waits = waitsOf(record.tokens);
  if (waits.length === 0) return line("Too few tokens came to judge a deadline by.");
  const late = waits.filter((ms) => ms > DEADLINE_MS).length;
  const worst = Math.max(...waits);
  const first = record.tokens[0]?.atMs ?? 0;
  return {
    text:
      late === 0
        ? `All ${waits.length} tokens came within ${DEADLINE_MS} ms; the worst took ${duration(worst)}.`
        : `${late} of ${counted(waits.length, "token")} missed ${DEADLINE_MS} ms; the worst took ${duration(worst)}.`,
    wrong: false,
    under: [
      `Measured in one run; the first token, behind the whole request, took ${duration(first)} and is not among them.`,
      ...(model === null ? [] : othersText(record, model)),
    ],
  };
}

/** Which places for the model would keep the deadline, by the planner's model. */
function othersText(record: RunRecord, model: ModelSummary): readonly string[] {
  const options = optionsOf(record, model);
  if (options === null) return ["What other places for the model would take cannot be modelled from this run alone."];
  const best = [...new Set(options.map(({ mode }) => mode))].flatMap((mode) => bestOf(options, mode));
  const keeping = best.filter(({ tpotMs }) => tpotMs <= DEADLINE_MS);
  if (keeping.length > 0) return [`Modelled, these would keep it on average: ${keeping.map(named).join(", ")}.`];
  const nearest = bestOf(best);
  return [`Modelled, no place for the model keeps it over this link; nearest is ${nearest.map(named).join("")}.`];
}

const bestOf = (options: readonly Option[], mode?: Option["mode"]): readonly Option[] =>
  options
    .filter((option) => mode === undefined || option.mode === mode)
    .sort((a, b) => a.tpotMs - b.tpotMs)
    .slice(0, 1);

const named = ({ mode, cut, tpotMs }: Option): string =>
  `${factsOf(mode).label}${factsOf(mode).cut === "chosen" ? ` at ${cut}` : ""} with ${duration(tpotMs)} a token`;

/** Null where the run did not time both tiers, or its link is a recorded trace. */
function optionsOf(record: RunRecord, model: ModelSummary): readonly Option[] | null {
  const { device, edge } = tierTimesOf([record]);
  const { resolved, config, tokens } = record;
  const codec = codecNamed(config.codec);
  const traced = typeof config.link === "string" && config.link.startsWith("trace:");
  if (device === null || edge === null || resolved === null || !codec.ok || traced) return null;
  const stepMs =
    median(tokens.slice(1).map((each) => each.encodeMs + each.decodeMs + each.sampleMs + each.otherMs)) ?? 0;
  const overhead = { firstMs: stepMs, stepMs };
  const { options } = plan(
    {
      blocks: model.blocks,
      hidden: model.hidden,
      device,
      edge,
      link: resolved.link.figures ?? UNSHAPED,
      realRttMs: resolved.link.realRttMs ?? 0,
      overheads: { edge: overhead, device: overhead, cut: overhead },
      codecs: [codec.value],
      promptPositions: tokens[0]?.positions ?? 1,
      outputTokens: tokens.length,
      // Only times are asked for: what memory and downloads come to limits nothing here.
      blockBytes: 0,
      endBytes: 0,
      kvBytes: 0,
      memoryScale: 1,
      heldBlocks: model.blocks,
    },
    NO_LIMITS,
  );
  return options.filter(({ kvCache }) => kvCache === config.kvCache);
}
