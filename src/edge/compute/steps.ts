/**
 * The table of steps: one row a kind says how much there is to compute, what that is like, whether it joins a batch
 * and how it runs. The queue orders and cuts by these facts alone; the compute begins a step by its row. A new kind is
 * one entry of `StepFields` and one row here.
 */
import type { OpenedSeat, SeatSpec, Step, StepKind } from "./compute.ts";
import { samplingOf, type ComputeSeat } from "./compute-seat.ts";
import { beginDecode } from "./decode-steps.ts";
import { beginDraft, settleDraft } from "./draft-steps.ts";
import { carryKv, fetchKv, moveSeat } from "./move-steps.ts";
import { beginActivations, beginIds, beginRebuild, beginScore, beginVerify } from "./pass-steps.ts";
import { beginCandidates, beginCheck, type ReferenceHost } from "./reference.ts";
import { whole, type ChunkedStep } from "./chunked-steps.ts";

/** What a step computes: a number of positions in each of a number of passes. */
export interface Shape {
  readonly positions: number;
  readonly passes: number;
  /** A pass may be cut between positions. */
  readonly divisible: boolean;
}

/** Milliseconds. A pass costs so much, and so much more for each of its positions. */
export interface Rate {
  readonly passMs: number;
  readonly positionMs: number;
}

/** Before anything is measured: a pass through the seat's segment or through the whole model, or a guess. */
type Load = "segment" | "model" | Rate;

/** One seat at the compute, as a row needs it. */
export interface Desk {
  /** Throws Failed `session-lost`. */
  readonly seat: ComputeSeat;
  readonly reference: ReferenceHost;
  open(spec: SeatSpec): Promise<OpenedSeat>;
  close(): Promise<void>;
}

interface StepRow<K extends StepKind> {
  readonly shape: (step: Step<K>, seat: SeatSpec | null) => Shape;
  readonly load: Load;
  /** Steps of one name are measured together. */
  readonly measuredAs: string;
  /** It is a pass through the seat's own segment, so that others of the same segment may share it. */
  readonly batches: boolean;
  readonly begin: (desk: Desk, step: Step<K>, passes: number) => ChunkedStep | Promise<ChunkedStep>;
}

const ONE_PIECE: Shape = { positions: 1, passes: 1, divisible: false };

/** Without a cache a pass sees nothing before it, so there is only the whole. */
const passes = (positions: number, seat: SeatSpec | null): Shape => ({
  positions: Math.max(1, positions),
  passes: seat?.edgeLoad ?? 1,
  divisible: seat?.kvCache ?? false,
});
const readOnce = (positions: number): Shape => ({ positions: Math.max(1, positions), passes: 1, divisible: true });

const through = { load: "segment", measuredAs: "pass", batches: true } as const;
const guessed = (measuredAs: string, passMs: number) => ({
  shape: () => ONE_PIECE,
  load: { passMs, positionMs: 0 },
  measuredAs,
  batches: false,
});

const STEPS: { readonly [K in StepKind]: StepRow<K> } = {
  ids: {
    ...through,
    shape: ({ ids }, seat) => passes(ids.length, seat),
    begin: ({ seat }, step, times) => beginIds(seat, step, times),
  },
  // As a single token to the schedule: how many there will be depends on who comes meanwhile.
  decode: {
    ...through,
    shape: () => ONE_PIECE,
    begin: ({ seat }, step) => beginDecode(seat, step),
  },
  activations: {
    ...through,
    shape: ({ count }, seat) => passes(count, seat),
    begin: ({ seat }, step, times) => beginActivations(seat, step, times),
  },
  verify: {
    ...through,
    shape: ({ ids }, seat) => passes(ids.length, seat),
    begin: ({ seat }, step, times) => beginVerify(seat, step, times),
  },
  score: {
    ...through,
    measuredAs: "score", // every position's scores are wanted, not the last one's alone
    shape: ({ targets }, seat) => passes(targets.length, seat),
    begin: ({ seat }, step, times) => beginScore(seat, step, times),
  },
  rebuild: {
    load: "segment",
    measuredAs: "rebuild",
    batches: false,
    shape: ({ count }) => readOnce(count),
    begin: ({ seat }, step) => beginRebuild(seat, step),
  },
  check: {
    load: "model",
    measuredAs: "check",
    batches: false,
    shape: ({ ids }) => readOnce(ids.length - 1),
    begin: ({ seat, reference }, step) => beginCheck(reference, samplingOf(seat), step),
  },
  candidates: {
    load: "model",
    measuredAs: "candidates",
    batches: false,
    shape: ({ ids }) => readOnce(ids.length - 1),
    begin: ({ seat, reference }, step) => beginCandidates(reference, samplingOf(seat), step),
  },
  draft: {
    load: "model",
    measuredAs: "draft",
    batches: false,
    shape: ({ ids }) => readOnce(ids.length),
    begin: ({ seat }, step) => beginDraft(seat, step),
  },
  settle: { ...guessed("settle", 1), begin: ({ seat }, step) => whole(() => settleDraft(seat, step)) },
  move: { ...guessed("move", 10), begin: ({ seat }, step) => whole(() => moveSeat(seat, step)) },
  kv: { ...guessed("kv", 2), begin: ({ seat }, step) => whole(() => carryKv(seat, step)) },
  fetch: { ...guessed("fetch", 2), begin: ({ seat }, step) => whole(() => fetchKv(seat, step)) },
  open: {
    ...guessed("open", 20),
    begin: (desk, { spec }) => whole(async () => ({ kind: "opened", opened: await desk.open(spec) })),
  },
  configure: {
    ...guessed("configure", 0.1),
    begin: ({ seat }, { settings }) =>
      whole(() => {
        seat.settings = settings;
        return { kind: "done", position: seat.session.position };
      }),
  },
  // Whatever is begun at a seat makes an end of what was under way there.
  abandon: { ...guessed("abandon", 0.1), begin: () => whole(() => ({ kind: "done", position: 0 })) },
  close: {
    ...guessed("close", 1),
    begin: (desk) =>
      whole(async () => {
        await desk.close();
        return { kind: "done", position: 0 };
      }),
  },
};

/** `seat` is null where nobody knows it: it was never opened, or its compute died. */
export const shapeOf = <K extends StepKind>(step: Step<K>, seat: SeatSpec | null): Shape =>
  STEPS[step.kind].shape(step, seat);

export const beginStep = <K extends StepKind>(
  desk: Desk,
  step: Step<K>,
  times: number,
): ChunkedStep | Promise<ChunkedStep> => STEPS[step.kind].begin(desk, step, times);

export const stepFacts = (kind: StepKind): Pick<StepRow<StepKind>, "load" | "measuredAs" | "batches"> => STEPS[kind];
