/**
 * The JSON Schema of a result file's lines, as bundles carry it. Every key of the types is named
 * here: the compiler refuses a schema that says less or more than `core/run/record.ts` does.
 */
import {
  BACKENDS,
  EXITS,
  MOVE_WAYS,
  OBJECTIVES,
  type LinkFigures,
  type Message,
  type PathStop,
  type RunConfig,
  type ScheduledMove,
} from "#core/run/config.ts";
import {
  RECORD_SCHEMA,
  type ClientRun,
  type CooperationQuality,
  type CooperationTotals,
  type CutMove,
  type DeviceDescription,
  type Downloads,
  type EdgeDescription,
  type LinkChange,
  type PhaseTotals,
  type Provenance,
  type Resolved,
  type RoundEvent,
  type RunRecord,
  type SpeculationTotals,
  type TierMemory,
  type TokenEvent,
  type Totals,
} from "#core/run/record.ts";
import { MODES } from "#core/strategies/table.ts";
import {
  either,
  FLAG,
  listOf,
  NUMBER,
  oneOf,
  open,
  orNull,
  shape,
  TEXT,
  WHOLE,
  type JsonSchema,
} from "./json-schema.ts";
import {
  RESULT_SCHEMA,
  type EndLine,
  type FailedLine,
  type HeadLine,
  type NamedSet,
  type RunLine,
  type SkippedLine,
  type TraceFile,
} from "./results.ts";

/** Each failure has values of its own beside its code. */
const failure = open({ code: TEXT });
const settings = anything("configuration keys and the values that a cell varies, and promptSet where sets are swept");
/** An object of which nothing but a sentence is promised. */
function anything(description: string): JsonSchema {
  return { type: "object", properties: {}, required: [], additionalProperties: true, description };
}

const figures = shape<LinkFigures>(
  { uplinkMbps: NUMBER, downlinkMbps: NUMBER, rttMs: NUMBER, jitterMs: NUMBER, loss: NUMBER },
  {},
);
const cut = either(WHOLE, { type: "string", description: "a share of the depth: 33%" });
const ids = listOf(WHOLE);
const texts = listOf(TEXT);

const config = shape<RunConfig>(
  {
    mode: oneOf(...MODES),
    model: TEXT,
    cut,
    tail: WHOLE,
    moves: listOf(shape<ScheduledMove>({ cut, after: WHOLE, way: oneOf(...MOVE_WAYS) }, { way: true })),
    codec: TEXT,
    kvCache: FLAG,
    backend: oneOf(...BACKENDS),
    link: either(TEXT, figures),
    prompt: TEXT,
    promptIds: ids,
    messages: listOf(shape<Message>({ role: oneOf("user", "assistant", "call", "result"), content: TEXT }, {})),
    maxTokens: WHOLE,
    endless: FLAG,
    temperature: NUMBER,
    topK: WHOLE,
    topP: NUMBER,
    seed: WHOLE,
    draftModel: TEXT,
    draftLength: either(WHOLE, TEXT),
    exit: oneOf(...EXITS),
    verify: TEXT,
    windows: WHOLE,
    threshold: NUMBER,
    edgeLoad: WHOLE,
    clients: WHOLE,
    threads: WHOLE,
    maxDeviceMb: NUMBER,
    minDeviceBlocks: WHOLE,
    maxEdgeKvMb: NUMBER,
    busyClients: WHOLE,
    objective: oneOf(...OBJECTIVES),
    maxTpotMs: NUMBER,
    codecs: texts,
    edge: TEXT,
    path: listOf(shape<PathStop>({ to: WHOLE, endpoint: TEXT, codec: TEXT }, { endpoint: true, codec: true })),
  },
  { moves: true, prompt: true, promptIds: true, messages: true, codecs: true, edge: true, path: true },
);

const resolved = shape<Resolved>(
  {
    mode: oneOf(...MODES),
    blocks: WHOLE,
    cut: WHOLE,
    tail: WHOLE,
    exit: open({ kind: oneOf(...EXITS), depth: WHOLE }),
    draftLimit: open({ tokens: WHOLE, why: TEXT }),
    capacity: WHOLE,
    device: TEXT,
    edge: orNull(TEXT),
    link: shape<Resolved["link"]>(
      { name: TEXT, figures: orNull(figures), met: orNull(FLAG), realRttMs: orNull(NUMBER) },
      {},
    ),
    promptIds: ids,
    reusedPositions: WHOLE,
  },
  { exit: true, draftLimit: true },
);

const device = shape<DeviceDescription>(
  {
    runtime: TEXT,
    backend: oneOf("webgpu", "wasm", "cpu", "none"),
    adapter: orNull(TEXT),
    software: FLAG,
    threads: WHOLE,
  },
  {},
);
const edge = shape<EdgeDescription>({ version: TEXT, runtime: TEXT, provider: TEXT, threads: WHOLE, cores: WHOLE }, {});
const provenance = shape<Provenance>(
  {
    commit: TEXT,
    startedAt: TEXT,
    modelRevision: TEXT,
    browser: TEXT,
    cores: WHOLE,
    clockResolutionMs: NUMBER,
    device,
    edge: orNull(edge),
    plugins: listOf(open({ file: TEXT, sha256: TEXT })),
    hidden: FLAG,
  },
  { plugins: true },
);

const token = shape<TokenEvent>(
  {
    index: WHOLE,
    id: WHOLE,
    text: TEXT,
    atMs: {
      type: "number",
      description: "since the run began; the nine parts that follow sum to the token's interval",
    },
    deviceMs: NUMBER,
    encodeMs: NUMBER,
    uplinkMs: { type: "number", description: "apportioned: a share of linkMs" },
    queueMs: NUMBER,
    edgeMs: NUMBER,
    downlinkMs: { type: "number", description: "apportioned: a share of linkMs" },
    decodeMs: NUMBER,
    sampleMs: NUMBER,
    otherMs: NUMBER,
    linkMs: { type: "number", description: "measured: the round trip less the edge's own time" },
    addedMs: { type: "number", description: "what the shaper added, known exactly" },
    upBytes: WHOLE,
    downBytes: WHOLE,
    positions: WHOLE,
    round: WHOLE,
    fate: oneOf("accepted", "corrected", "bonus", "confident", "asked"),
  },
  { round: true, fate: true },
);

const round = shape<RoundEvent>(
  {
    index: WHOLE,
    position: WHOLE,
    drafted: ids,
    fates: listOf(oneOf("accepted", "corrected", "wasted")),
    accepted: WHOLE,
    follows: FLAG,
    dropped: FLAG,
    gained: WHOLE,
    draftFromMs: NUMBER,
    sentMs: NUMBER,
    answeredMs: NUMBER,
    draftMs: NUMBER,
    queueMs: NUMBER,
    edgeMs: NUMBER,
    linkMs: NUMBER,
    addedMs: NUMBER,
    upBytes: WHOLE,
    downBytes: WHOLE,
  },
  {},
);

const move = shape<CutMove>(
  {
    after: WHOLE,
    from: WHOLE,
    to: WHOLE,
    why: oneOf("scheduled", "asked", "re-planned"),
    way: oneOf(...MOVE_WAYS),
    predictedMs: orNull(NUMBER),
    otherwiseMs: orNull(NUMBER),
    measuredMs: NUMBER,
    atMs: NUMBER,
    positions: WHOLE,
    upBytes: WHOLE,
    downBytes: WHOLE,
  },
  {},
);

/** An option's own figures are the planner's, and modelled: `src/core/plan/planner.ts`. */
const option = anything("a mode, cut and codec with what the planner predicts of it");
const stages = anything("calibrated compute times of a tier");
const plan = shape<NonNullable<RunRecord["plan"]>>(
  {
    choice: option,
    runnerUp: orNull(option),
    unlimited: orNull(option),
    binding: texts,
    objective: oneOf(...OBJECTIVES),
    options: listOf(option),
    link: figures,
    realRttMs: NUMBER,
    calibration: open({ device: stages, edge: stages, elapsedMs: NUMBER, warm: FLAG }),
    revisions: listOf(anything("a later plan, and why")),
  },
  {},
);
const linkChange = shape<LinkChange>({ after: WHOLE, atMs: NUMBER, name: TEXT, figures: orNull(figures) }, {});

const phase = shape<PhaseTotals>(
  {
    elapsedMs: NUMBER,
    tokens: WHOLE,
    positions: WHOLE,
    upBytes: WHOLE,
    downBytes: WHOLE,
    deviceComputeMs: NUMBER,
    edgeComputeMs: NUMBER,
    linkMs: NUMBER,
    addedMs: NUMBER,
  },
  {},
);
const some = orNull(NUMBER);

const totals = shape<Totals>(
  {
    ttftMs: some,
    tpotMs: some,
    tpotP95Ms: some,
    tokensPerSecond: some,
    upBytes: WHOLE,
    downBytes: WHOLE,
    deviceComputeMs: NUMBER,
    edgeComputeMs: NUMBER,
    prefill: phase,
    decode: phase,
    speculation: shape<SpeculationTotals>(
      {
        rounds: WHOLE,
        drafted: WHOLE,
        judged: WHOLE,
        accepted: WHOLE,
        wasted: WHOLE,
        droppedWindows: WHOLE,
        acceptance: some,
        blockEfficiency: some,
        edgePassesPerToken: some,
        tokensPerRoundTrip: some,
        bytesPerAcceptedToken: some,
        edgeMsPerToken: some,
        draftMs: some,
        verifyMs: some,
      },
      {},
    ),
    cooperation: shape<CooperationTotals>({ touchedShare: NUMBER, edgeMsPerToken: NUMBER }, {}),
  },
  { speculation: true, cooperation: true },
);

const tier = shape<TierMemory>({ weightBytes: WHOLE, kvBytes: WHOLE }, {});

type Checked = Extract<RunRecord["agreement"], { kind: "checked" }>;
type Difference = NonNullable<Checked["firstDifference"]>;

const agreement = either(
  shape<Extract<RunRecord["agreement"], { kind: "unchecked" }>>({ kind: oneOf("unchecked"), why: TEXT }, {}),
  shape<Checked>(
    {
      kind: oneOf("checked"),
      reference: TEXT,
      exact: FLAG,
      comparedTokens: WHOLE,
      differing: WHOLE,
      nearTies: WHOLE,
      smallestMargin: some,
      nllNats: NUMBER,
      firstDifference: orNull(shape<Difference>({ index: WHOLE, got: WHOLE, expected: WHOLE, margin: NUMBER }, {})),
    },
    { differing: true, nllNats: true },
  ),
);

const finish = either(
  open({ kind: oneOf("eos"), id: WHOLE }),
  open({ kind: oneOf("length", "stopped") }),
  open({ kind: oneOf("context"), capacity: WHOLE }),
  open({ kind: oneOf("failed"), failure }),
);

export const RECORD: JsonSchema = shape<RunRecord>(
  {
    schema: oneOf(RECORD_SCHEMA),
    upgradedFrom: WHOLE,
    config,
    plan,
    links: listOf(linkChange),
    resolved: orNull(resolved),
    provenance,
    text: TEXT,
    tokenIds: ids,
    tokens: listOf(token),
    rounds: listOf(round),
    moves: listOf(move),
    logProbs: orNull(listOf(NUMBER)),
    favourites: ids,
    simulated: listOf(
      shape<ClientRun>(
        {
          ttftMs: NUMBER,
          tpotMs: some,
          tokens: WHOLE,
          laterTokens: WHOLE,
          edgeMs: NUMBER,
          queueMs: NUMBER,
          same: FLAG,
        },
        {},
      ),
    ),
    totals,
    memory: shape<RunRecord["memory"]>({ device: tier, edge: orNull(tier) }, {}),
    downloads: shape<Downloads>({ shards: WHOLE, bytes: WHOLE, fromCacheBytes: WHOLE, elapsedMs: NUMBER }, {}),
    agreement,
    quality: shape<CooperationQuality>(
      { agreement: NUMBER, perplexity: NUMBER, targetPerplexity: NUMBER, targetTokens: WHOLE },
      {},
    ),
    finish,
  },
  {
    upgradedFrom: true,
    plan: true,
    links: true,
    rounds: true,
    moves: true,
    favourites: true,
    simulated: true,
    quality: true,
  },
);

const promptSet = shape<NamedSet>({ name: TEXT, sha256: TEXT }, {});
const place = { cell: TEXT, arm: TEXT, varied: settings, prompt: TEXT, round: WHOLE };

/** One line of a result file. The declaration is as `Experiment` in `src/lab/experiment/experiment.ts` has it. */
export const RESULT_LINE: JsonSchema = either(
  shape<HeadLine>(
    {
      kind: oneOf("experiment"),
      schema: oneOf(RESULT_SCHEMA),
      experiment: open({ id: TEXT, title: TEXT, question: TEXT }),
      models: listOf(open({ name: TEXT, revision: TEXT, blocks: WHOLE, hidden: WHOLE })),
      promptSet,
      promptSets: listOf(promptSet),
      traces: listOf(shape<TraceFile>({ name: TEXT, sha256: TEXT }, {})),
      runs: WHOLE,
      command: TEXT,
      startedAt: TEXT,
      caveats: texts,
    },
    { promptSets: true, traces: true },
  ),
  shape<RunLine>({ kind: oneOf("run"), ...place, promptTokens: WHOLE, record: RECORD }, {}),
  shape<FailedLine>({ kind: oneOf("failed"), ...place, failure }, {}),
  shape<SkippedLine>({ kind: oneOf("skipped"), key: TEXT, arm: TEXT, varied: settings, failure }, {}),
  shape<EndLine>({ kind: oneOf("end"), whole: FLAG }, {}),
);

export const resultSchemaText = (): string =>
  `${JSON.stringify({ $schema: "https://json-schema.org/draft/2020-12/schema", title: "A line of a Cutlayer result file", ...RESULT_LINE }, null, 1)}\n`;
