/**
 * What might have been said in place of each token of a run that is over. The run's own messages and
 * times are not touched: the uncut model is asked anew, teacher-forced over the whole answer at once.
 * Where it is asked is the strategy's to say, as for the check: what keeps its text on the device
 * has it scored there.
 */
import { candidatesAt, candidatesIn, emptyCandidates, putCandidates } from "#core/sampling/candidates.ts";
import { failureOf, ok, refuse, type Result } from "#core/run/failure.ts";
import type { ScoredText, TextCandidates } from "#core/run/worker-api.ts";
import { factsOf, plainMode } from "#core/strategies/table.ts";
import type { CandidateTable } from "#core/sampling/candidates.ts";
import type { RunContext } from "../run/run-context.ts";
import { Loading } from "../run/loading.ts";
import { allShards, planRun, type RunPlan } from "../run/run-plan.ts";
import { helloOf } from "../run/tiers.ts";
import { teacherForced } from "./teacher-forced.ts";

/** Nothing here is measured; and whoever points at a token does not wait for minutes. */
const UNSHAPED = { name: "unshaped", figures: null, trace: null, reconnectMs: 5000 };

type Context = Omit<RunContext, "changeRequests">;

/** Failures are the result's, not thrown. */
export async function candidatesOf(text: ScoredText, context: Context): Promise<Result<TextCandidates>> {
  const { pool, world, signal, onEvent } = context;
  pool.loading = new Loading(world.clock, onEvent, signal);
  pool.loading.phase = "check";
  try {
    const plan = await planFor(text, context);
    const { checked } = factsOf(text.config.mode);
    const table = await (checked === "edge" ? atEdge(plan, text, context) : onDevice(plan, text, context));
    const { tokenizer } = plan.model;
    const named = candidatesIn(table, text.tokenIds).map(({ best, ...each }) => ({
      ...each,
      best: best.map((candidate) => ({ ...candidate, text: tokenizer.decode([candidate.id]) })),
    }));
    return ok({ where: checked === "edge" ? "edge" : "device", tokens: named });
  } catch (thrown) {
    return refuse(failureOf(thrown, "candidates"));
  } finally {
    pool.detachRun();
  }
}

/** The whole model in one place, with the run's own sampling: what a cut, a draft or a codec did is no part of it. */
async function planFor({ config, promptIds, tokenIds }: ScoredText, { pool, signal }: Context): Promise<RunPlan> {
  const { prompt: _prompt, messages: _messages, path: _path, moves: _moves, ...others } = config;
  const { checked } = factsOf(config.mode);
  const whole = {
    ...others,
    mode: plainMode(checked === "edge" ? "edge" : "device"),
    promptIds: [...promptIds],
    maxTokens: Math.max(1, tokenIds.length),
    clients: 1,
    edgeLoad: 1,
    kvCache: true,
  };
  return planRun(whole, await pool.model(config, signal), null, { ...UNSHAPED, seed: config.seed }, "exact");
}

async function atEdge(plan: RunPlan, { tokenIds }: ScoredText, context: Context): Promise<CandidateTable> {
  const { pool, options, signal, onEvent } = context;
  const { edge } = plan.segments;
  if (edge === null) throw new Error("the whole model at the edge has no segment there");
  onEvent({ kind: "progress", phase: "check", done: 0, total: tokenIds.length, unit: "tokens", fromCache: false });
  const link = await pool.link(plan.config.edge);
  await link.shape(plan.link); // the next run sets its own
  const session = await link.open(helloOf(plan, edge, options.access ?? null), signal);
  try {
    const ids = Uint32Array.from([...plan.promptIds, ...tokenIds]);
    const { message } = await session.ask({ kind: "candidates", ids, judged: tokenIds.length }, signal);
    if (message.kind !== "candidates") throw new Error(`${message.kind} where candidates were due`);
    return message;
  } finally {
    await session.close();
  }
}

async function onDevice(plan: RunPlan, { tokenIds }: ScoredText, { pool, signal }: Context): Promise<CandidateTable> {
  pool.loading?.expect(allShards(plan.model.manifest));
  const table = emptyCandidates(tokenIds.length);
  const first = plan.promptIds.length;
  await teacherForced(await pool.host(plan, signal), plan, tokenIds, signal, (scores, id, at) =>
    putCandidates(table, at - first, candidatesAt(scores, plan.sampling, id)),
  );
  return table;
}
