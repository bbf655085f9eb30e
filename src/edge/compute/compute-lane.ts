/**
 * A compute with the schedule of what it is asked for. A compute that dies takes the seats on it along, never the
 * server: who waited is told, and the next call starts another.
 */
import type { ModelManifest } from "#core/model/manifest.ts";
import { failureOf, ok, refuse, type Failure, type Result } from "#core/run/failure.ts";
import type { Chunk, Compute, DecodedToken, Outcome, Stepped, Underway, Work } from "./compute.ts";
import { Schedule, type QueueLimits, type Turn } from "./schedule.ts";
import { StepCosts } from "./step-costs.ts";
import type { ComputeHandle } from "./worker.ts";

/** What came of a whole work. */
export interface Done extends Omit<Stepped, "outcome" | "computed"> {
  readonly outcome: Outcome;
}

export interface LaneParts {
  readonly start: () => ComputeHandle;
  readonly limits: QueueLimits;
  /** Of the models served here, for a first guess of how long their steps take. */
  readonly manifests: ReadonlyMap<string, ModelManifest>;
  readonly onDeath: (why: string) => void;
}

interface Waiter {
  readonly answer: (result: Result<Done>) => void;
  /** Of its chunks so far. */
  computeUs: number;
  /** The most that shared a pass of one of them. */
  batch: number;
  /** Hears of tokens before the work is done. */
  readonly tell: (token: DecodedToken) => void;
}

export class ComputeLane {
  readonly #parts: LaneParts;
  readonly #costs: StepCosts;
  readonly #schedule: Schedule;
  /** By job. */
  readonly #waiters = new Map<number, Waiter>();
  /** See `Underway`. */
  readonly #waiting = new Int32Array(new SharedArrayBuffer(4));
  #jobs = 0;
  #turning = false;
  #handle: ComputeHandle | null = null;
  /** Answers the call under way when its compute dies. */
  #giveUp: (why: string) => void = () => {};
  /** Counts the computes there have been: a seat of an earlier one is lost. */
  #generation = 0;
  #ended = false;

  constructor(parts: LaneParts) {
    this.#parts = parts;
    this.#costs = new StepCosts(parts.manifests);
    this.#schedule = new Schedule(parts.limits, this.#costs);
  }

  get generation(): number {
    return this.#generation;
  }

  /** Works waiting to begin. */
  get depth(): number {
    return this.#schedule.depth;
  }

  /**
   * Resolves when the work is done, dropped or refused; its seat is of the compute that is alive when its turn comes.
   * `goesOn` marks the next piece of something already begun. `tell` hears of each token of a row when it is there.
   */
  run(work: Work, goesOn = false, tell: Waiter["tell"] = () => {}): Promise<Result<Done>> {
    const job = { id: ++this.#jobs, work, goesOn, sinceMs: performance.now() };
    const refused = this.#schedule.offer(job);
    if (refused !== null) return Promise.resolve(refuse(refused));
    Atomics.store(this.#waiting, 0, 1);
    return new Promise((answer) => {
      this.#waiters.set(job.id, { answer, computeUs: 0, batch: 1, tell });
      if (!this.#turning) void this.#takeTurns();
    });
  }

  /** Nobody waits for what this seat was asked: what waits is dropped at once, what runs at the end of its chunk. */
  drop(seat: string): void {
    Atomics.store(this.#waiting, 0, 1);
    const { waiting, begun } = this.#schedule.drop(seat);
    for (const { id } of waiting) this.#answer(id, refuse({ code: "stopped" }));
    if (begun) this.#abandon(seat);
  }

  /** What is under way is given up; nothing runs here again. */
  async end(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    this.#ended = true;
    this.#generation++;
    this.#giveUp("the edge server is stopping");
    await handle?.end();
  }

  async #takeTurns(): Promise<void> {
    this.#turning = true;
    for (;;) {
      if (this.#costs.seats > 1) await othersToo();
      for (const { id } of this.#schedule.expired(performance.now())) this.#answer(id, refuse(this.#schedule.late));
      const turns = this.#schedule.next();
      if (turns.length === 0) break;
      Atomics.store(this.#waiting, 0, this.#schedule.waits ? 1 : 0);
      const startMs = performance.now();
      const results = await this.#call(turns);
      this.#settleCall(turns, results, performance.now() - startMs);
    }
    this.#turning = false;
  }

  /** Never rejects: the turns must go on. */
  async #call(turns: readonly Turn[]): Promise<readonly Result<Stepped>[]> {
    if (this.#ended) return turns.map((turn) => lost(turn, "the edge server is stopping"));
    try {
      const { compute } = this.#alive();
      // Not a race with `died`: that promise lives as long as the worker and would remember every call.
      return await new Promise<readonly Result<Stepped>[]>((resolve, reject) => {
        this.#giveUp = (why) => resolve(turns.map((turn) => lost(turn, `the edge's compute worker stopped: ${why}`)));
        const tell = (seat: string, token: DecodedToken): void => this.#tell(turns, seat, token);
        stepAll(compute, turns, { waiting: this.#waiting, tell }).then(resolve, reject);
      });
    } catch (thrown) {
      return turns.map(() => refuse(failureOf(thrown, "the compute queue")));
    }
  }

  #tell(turns: readonly Turn[], seat: string, token: DecodedToken): void {
    const turn = turns.find(({ job }) => job.work.seat === seat);
    if (turn !== undefined) this.#waiters.get(turn.job.id)?.tell(token);
  }

  /** What a call took is charged by positions: who shared its passes pays for his part of them. */
  #settleCall(turns: readonly Turn[], results: readonly Result<Stepped>[], callMs: number): void {
    const steps = results.flatMap((result) => (result.ok ? [result.value] : []));
    this.#costs.learn(turns, steps);
    const computeMs = steps.length === 0 ? callMs : Math.max(...steps.map(({ computeUs }) => computeUs)) / 1000;
    const units = turns.map(({ from, to }, index) => Math.max(to - from, computedBy(results[index])));
    const all = units.reduce((sum, each) => sum + each, 0);
    for (const [index, turn] of turns.entries())
      this.#settle(turn, results[index] ?? refuse(UNANSWERED), (computeMs * (units[index] ?? 0)) / all);
  }

  #settle({ job }: Turn, result: Result<Stepped>, shareMs: number): void {
    const waiter = this.#waiters.get(job.id);
    const outcome = result.ok ? result.value.outcome : null;
    if (result.ok && waiter !== undefined) {
      waiter.computeUs += result.value.computeUs;
      waiter.batch = Math.max(waiter.batch, result.value.batch);
    }
    if (outcome !== null) this.#costs.follow(job.work, outcome);
    const left = this.#schedule.settle(job, shareMs, !result.ok || outcome !== null);
    if (!result.ok) this.#answer(job.id, result);
    else if (outcome !== null) {
      const { computeUs = 0, batch = 1 } = waiter ?? {};
      const { held, reused = 0 } = result.value;
      this.#answer(job.id, ok({ outcome, held, computeUs, batch, reused }));
    } else if (left === "dropped") {
      this.#answer(job.id, refuse({ code: "stopped" }));
      this.#abandon(job.work.seat);
    }
  }

  #answer(id: number, result: Result<Done>): void {
    this.#waiters.get(id)?.answer(result);
    this.#waiters.delete(id);
  }

  /** Frees what the step under way holds at the compute. */
  #abandon(seat: string): void {
    void this.run({ seat, step: { kind: "abandon" } }, true);
  }

  #alive(): ComputeHandle {
    if (this.#handle !== null) return this.#handle;
    const handle = this.#parts.start();
    this.#handle = handle;
    void handle.died.then((why) => {
      if (this.#handle !== handle) return;
      this.#handle = null;
      this.#generation++;
      this.#costs.forgetSeats();
      this.#giveUp(why);
      this.#parts.onDeath(why);
    });
    return handle;
  }
}

/** Seats that were answered together ask again together: their next steps come before the turn is given. */
const othersToo = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const computedBy = (result: Result<Stepped> | undefined): number => (result?.ok === true ? result.value.computed : 0);

/** Rejects also where the compute throws before it begins. */
const stepAll = async (
  compute: Compute,
  turns: readonly Turn[],
  underway: Underway,
): Promise<readonly Result<Stepped>[]> => compute.stepMany(turns.map(chunkOf), underway);

/** The first chunk brings the step, whose buffers go with it. */
const chunkOf = ({ job: { work }, from, to, shape }: Turn): Chunk => ({
  seat: work.seat,
  step: from === 0 ? work.step : null,
  from,
  to,
  of: shape.positions * shape.passes,
});

const lost = ({ job }: Turn, why: string): Result<never> =>
  refuse({ code: "session-lost", session: job.work.seat, why });

const UNANSWERED: Failure = {
  code: "internal",
  where: "the compute queue",
  what: "a chunk came back without a result",
};
