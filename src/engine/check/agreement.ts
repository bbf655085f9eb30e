/**
 * The check behind every speed: each token of the run against what the unsplit graph, in a session
 * of its own, would have chosen after the same ids by the same definition of sampling. It is
 * teacher-forced, so comparison goes on behind a difference.
 * A token that the reference prefers another to by less than 1e-4 is a near tie: the same
 * mathematics in different kernels. Anything more is a difference, and the first one is shown.
 */
import type { Agreement } from "#core/run/record.ts";
import type { DeviceDescription } from "#core/run/tier-description.ts";
import type { ReferenceVerdicts } from "#core/frames/down-parts.ts";
import { logProbability } from "#core/sampling/log-probability.ts";
import { lead, NEAR_TIE, pick } from "#core/sampling/sample.ts";
import type { CancelSignal, ModelHost, Tokenizer } from "../ports.ts";
import type { RunPlan } from "../run/run-plan.ts";
import type { EdgeTier } from "../strategies/tiers/edge-tier.ts";
import { teacherForced } from "./teacher-forced.ts";

/** What the reference says of tokens, as it came from the edge or was computed here. */
type Verdicts = Readonly<Record<keyof ReferenceVerdicts, ArrayLike<number>>>;

export function judge(
  tokenIds: readonly number[],
  { ids, leads, margins, logProbs }: Verdicts,
  reference: string,
): Agreement {
  let nearTies = 0;
  let differing = 0;
  let smallestMargin: number | null = null;
  let firstDifference: Extract<Agreement, { kind: "checked" }>["firstDifference"] = null;
  for (const [index, got] of tokenIds.entries()) {
    const margin = margins[index] ?? NaN;
    smallestMargin = smallestMargin === null ? margin : Math.min(smallestMargin, margin);
    const expected = ids[index] ?? -1;
    if (expected === got) continue;
    const lead = leads[index] ?? Infinity;
    if (lead < NEAR_TIE) nearTies++;
    else {
      differing++;
      firstDifference ??= { index, got, expected, margin: lead };
    }
  }
  return {
    kind: "checked",
    reference,
    exact: nearTies === 0 && firstDifference === null,
    comparedTokens: tokenIds.length,
    nearTies,
    smallestMargin,
    nllNats: -sumOf(logProbs),
    firstDifference,
    ...(differing > 0 ? { differing } : {}),
  };
}

/** The tokens of the first difference as text too. */
export function inWords(agreement: Agreement, tokenizer: Pick<Tokenizer, "decode">): Agreement {
  if (agreement.kind !== "checked" || agreement.firstDifference === null) return agreement;
  const { got, expected } = agreement.firstDifference;
  return {
    ...agreement,
    firstDifference: {
      ...agreement.firstDifference,
      gotText: tokenizer.decode([got]),
      expectedText: tokenizer.decode([expected]),
    },
  };
}

const sumOf = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, each) => sum + each, 0);

/** Asks the edge, which computes the reference beside the session under test. */
export async function checkAtEdge(
  edge: EdgeTier,
  promptIds: readonly number[],
  tokenIds: readonly number[],
  signal: CancelSignal,
): Promise<Agreement> {
  const question = {
    kind: "check",
    ids: Uint32Array.from([...promptIds, ...tokenIds]),
    judged: tokenIds.length,
  } as const;
  let answer = await edge.ask(question, "verdicts", signal);
  if (answer.kind === "lost") answer = await edge.ask(question, "verdicts", signal); // by now in a new session
  if (answer.kind === "lost") return { kind: "unchecked", why: "the edge lost the session during the check" };
  const { runtime, provider } = edge.session.welcome.edge;
  return judge(tokenIds, answer.message, `the unsplit graph at the edge server (${runtime}, ${provider})`);
}

/** Computes the reference on the device: nothing about the text leaves it. */
export async function checkOnDevice(
  host: ModelHost,
  plan: Pick<RunPlan, "capacity" | "sampling" | "promptIds">,
  tokenIds: readonly number[],
  signal: CancelSignal,
): Promise<Agreement> {
  const verdicts = {
    ids: new Uint32Array(tokenIds.length),
    leads: new Float64Array(tokenIds.length),
    margins: new Float64Array(tokenIds.length),
    logProbs: new Float64Array(tokenIds.length),
  };
  await teacherForced(host, plan, tokenIds, signal, (scores, said, at) => {
    const index = at - plan.promptIds.length;
    const { id, margin } = pick(scores, plan.sampling, at);
    verdicts.ids[index] = id;
    verdicts.margins[index] = margin;
    verdicts.leads[index] = lead(scores, plan.sampling, at, said);
    verdicts.logProbs[index] = logProbability(scores, said);
  });
  return judge(tokenIds, verdicts, `the unsplit graph on this device (${engineOf(host.runtime)})`);
}

const engineOf = ({ runtime, backend }: DeviceDescription): string => `${runtime}, ${backend}`;
