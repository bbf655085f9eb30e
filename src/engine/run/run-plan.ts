/**
 * What a config comes to for one model: no auto, no percentage, no name left. Everything that can
 * be refused before a byte is fetched is refused here.
 */
import { mustDraftFor } from "../model/draft-fit.ts";
import { wholeModel, type Segment } from "#core/model/architecture.ts";
import { codecNamed } from "#core/codec/registry.ts";
import type { Codec } from "#core/codec/codec.ts";
import { shardsOf, type ModelManifest, type Shard } from "#core/model/manifest.ts";
import type { RunConfig, ScheduledMove } from "#core/run/config.ts";
import type { SamplingSettings } from "#core/sampling/settings.ts";
import { fail, unwrap } from "#core/run/failure.ts";
import type { Path } from "#core/run/path.ts";
import { exitFor, resolveCapacity, resolveSplit, tiersOf, type TierSegments } from "#core/run/config/resolve.ts";
import { factsOf, holdsDraft } from "#core/strategies/table.ts";
import { edgesOf, withStops } from "./path-stops.ts";
import type { Tokenizer } from "../ports.ts";
import type { ModelSource } from "./world.ts";
import type { LinkSetting } from "../link/edge-link.ts";

export interface RunPlan {
  readonly config: RunConfig;
  readonly model: ModelSource;
  /** Null where nothing is drafted with a model of its own. */
  readonly draft: ModelSource | null;
  /** The model that the device's segments are of: the draft where it proposes tokens there. */
  readonly deviceModel: ModelSource;
  readonly segments: TierSegments;
  /** The hops that a position passes, in order; `segments.edge` is the first edge server's. */
  readonly path: Path;
  readonly cut: number;
  readonly tail: number;
  /** Behind how many blocks the trained exit that drafts stands; null where none does. */
  readonly exit: number | null;
  /** Where the cut goes in mid-answer, in blocks. */
  readonly moves: readonly (Omit<ScheduledMove, "cut"> & { readonly cut: number })[];
  readonly capacity: number;
  readonly codec: Codec;
  readonly sampling: SamplingSettings;
  /** What the edge is told of it: nothing where it never samples. */
  readonly edgeSampling: SamplingSettings | null;
  readonly link: LinkSetting;
  readonly promptIds: readonly number[];
  /** What the device must hold before the run can start. */
  readonly deviceShards: readonly Shard[];
}

/** `draft` is null where no other model drafts; an exact capacity holds this answer and nothing more. Throws Failed: cut-out-of-range, empty-middle, bad-value, keys-conflict, prompt-too-long. */
export function planRun(
  config: RunConfig,
  model: ModelSource,
  draft: ModelSource | null,
  link: LinkSetting,
  capacity: "reserve" | "exact" = "reserve",
): RunPlan {
  const { blocks, context } = model.manifest.architecture;
  const { cut, tail } = unwrap(resolveSplit(config, blocks));
  const promptIds = enoughOf(promptIdsOf(config, model.tokenizer), config);
  const needed = unwrap(resolveCapacity(promptIds.length, config, context));
  if (draft !== null) mustDraftFor(model, draft, needed);
  const deviceModel = draft !== null && holdsDraft(config) ? draft : model;
  const exit = exitOf(config, cut, model);
  const path = withStops(factsOf(config.mode).place({ ...config, cut, tail, exit }, blocks), config, blocks);
  const beside = draft !== null && holdsDraft(config) ? ([wholeModel(draft.manifest.architecture)] as const) : null;
  const segments = segmentsOn(path, config, { cut, tail, exit }, model, beside);
  const room = capacity === "exact" ? needed : roomFor(needed, context);
  return {
    config,
    model,
    draft,
    deviceModel,
    segments,
    path,
    cut,
    tail,
    exit,
    moves: movesOf(config, blocks),
    capacity: Math.min(room, (draft ?? model).manifest.architecture.context),
    codec: unwrap(codecNamed(config.codec)),
    ...samplingOf(config, path),
    link,
    promptIds,
    deviceShards: shardsOn(deviceModel, segments),
  };
}

/** What is scored needs a token to score. Throws Failed: bad-value. */
function enoughOf(promptIds: readonly number[], { mode }: RunConfig): readonly number[] {
  const fewest = factsOf(mode).yields === "log-probs" ? 2 : 1;
  if (promptIds.length >= fewest) return promptIds;
  const expected = `a prompt of ${fewest} or more tokens`;
  return fail({ code: "bad-value", key: "prompt", value: String(promptIds.length), expected });
}

function exitOf(config: RunConfig, cut: number, { manifest }: ModelSource): number | null {
  const depths = (manifest.exits ?? []).map(({ depth }) => depth);
  return exitFor(config, cut, depths);
}

/** What each tier opens; a device that holds the draft opens all of it. */
function segmentsOn(
  path: RunPlan["path"],
  { mode }: RunConfig,
  { cut, tail, exit }: Pick<RunPlan, "cut" | "tail" | "exit">,
  model: ModelSource,
  beside: readonly [Segment] | null,
): TierSegments {
  const { blocks } = model.manifest.architecture;
  const tiers = tiersOf(mode, { cut, tail, ...(exit === null ? {} : { exit }) }, blocks);
  const edge = edgesOf(path)[0]?.segment ?? null;
  return beside === null ? { ...tiers, edge } : { ...tiers, edge, beside };
}

const movesOf = (config: RunConfig, blocks: number): RunPlan["moves"] =>
  (config.moves ?? []).map((move) => ({
    ...move,
    cut: unwrap(resolveSplit({ ...config, cut: move.cut }, blocks)).cut,
  }));

/** The edge samples where the path ends there in tokens. */
function samplingOf(
  { mode, temperature, topK, topP, seed }: RunConfig,
  path: RunPlan["path"],
): Pick<RunPlan, "sampling" | "edgeSampling"> {
  const sampling = { temperature, topK, topP, seed };
  const atEdge = edgesOf(path).at(-1)?.segment.head === true && factsOf(mode).yields === "tokens";
  return { sampling, edgeSampling: atEdge ? sampling : null };
}

const shardsOn = ({ manifest }: ModelSource, { device, beside }: TierSegments): readonly Shard[] =>
  distinct([...device, ...beside].flatMap((segment) => shardsOf(manifest, segment)));

/** Caches are agreed on once a session: room for a conversation, not for a context of a hundred thousand. */
const ROOM = 2048;

function roomFor(needed: number, context: number): number {
  let capacity = ROOM;
  while (capacity < needed) capacity *= 2;
  return Math.min(capacity, context);
}

export function promptIdsOf(
  { prompt, promptIds, messages }: Pick<RunConfig, "prompt" | "promptIds" | "messages">,
  tokenizer: Tokenizer,
): readonly number[] {
  if (promptIds !== undefined) return promptIds;
  return tokenizer.conversation(messages ?? [{ role: "user", content: prompt ?? "" }]);
}

const distinct = (shards: readonly Shard[]): readonly Shard[] => [
  ...new Map(shards.map((shard) => [shard.sha256, shard])).values(),
];

/** The shards of the whole model, for whoever computes the reference. */
export const allShards = (manifest: ModelManifest): readonly Shard[] =>
  shardsOf(manifest, { embedding: true, from: 0, to: manifest.architecture.blocks, head: true });
