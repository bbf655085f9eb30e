/**
 * Whose turn it is: fair queueing over owners, in milliseconds of computing. Each owner's account has a start tag, the
 * virtual time at which its next chunk begins, and behind it by the chunk's estimate a finish tag. The least finish
 * tag goes first; the start tag then moves on by what the chunk really took. Virtual time is the start tag of what
 * runs, and who comes back from doing nothing starts there. So an owner that asks for little is next as soon as the
 * chunk under way has ended, however much others have waiting, and over a long time all get the same. An estimate
 * that is wrong costs nobody his share: it only cuts chunks and orders neighbours.
 * A token before a prompt: who asks for what is short has a part in every other call at least, even when he has had
 * his share. Long work gives up a fraction of its time for that, and an answer under way is never slower than a token
 * a chunk, however many prompts come beside it.
 * Source: Demers, Keshav and Shenker, Analysis and simulation of a fair queueing algorithm, SIGCOMM 1989; the virtual
 * time of Goyal, Vin and Cheng, Start-time fair queueing, SIGCOMM 1996.
 *
 * Pure: no clock, no promise, no compute. Works are cut into chunks, those that may share a call are given together,
 * and one owner has one chunk under way at most, so its works end in the order in which they came.
 */
import type { Failure } from "#core/run/failure.ts";
import type { Work } from "./compute.ts";
import { msOf } from "./rates.ts";
import type { Rate, Shape } from "./steps.ts";

export interface QueueLimits {
  /** Works waiting over all owners. */
  readonly length: number;
  /** Works waiting of one owner. */
  readonly ofOneOwner: number;
  /** Computing that one owner may have waiting, as estimated; one work always fits. */
  readonly ofOneOwnerMs: number;
  /** The least that a refusal suggests. */
  readonly retryAfterMs: number;
  /** Works that share a call at most. */
  readonly batch: number;
  /** A work that has waited for so long to begin is refused: whoever asked has hardly waited on. */
  readonly waitMs: number;
}

export interface Costs {
  /** Asked when a work comes, and again when it begins. */
  shapeOf(work: Work): Shape;
  rateOf(work: Work): Rate;
  /** Works of one key may share a call; null goes alone. */
  batchKeyOf(work: Work): string | null;
}

/** Its owner is its seat. */
export interface Job {
  readonly id: number;
  readonly work: Work;
  /** The next piece of something begun: always fits. */
  readonly goesOn: boolean;
  /** When it came, by any clock. */
  readonly sinceMs: number;
}

/** A chunk that is due: units [from, to) of a job. */
export interface Turn {
  readonly job: Job;
  readonly from: number;
  readonly to: number;
  readonly shape: Shape;
}

/** What an owner gives up: works that wait end at once, one that runs with its chunk. */
export interface Dropped {
  readonly waiting: readonly Job[];
  /** One of those had begun. */
  readonly begun: boolean;
}

interface Entry {
  readonly job: Job;
  shape: Shape;
  /** Units computed. */
  done: number;
  dropped: boolean;
}

interface Account {
  readonly owner: string;
  readonly waiting: Entry[];
  /** Where its next chunk starts, in virtual ms. */
  tag: number;
  /** When its first work became the next one: equal tags go by it. */
  since: number;
  running: { readonly entry: Entry; readonly to: number } | null;
}

/** A chunk takes about this long at most, unless a few positions take longer. */
export const CHUNK_MS = 50;
/** Chunks are cut to this, as estimated: later positions of a prompt cost more than the first, and the machine does other things. */
const CHUNK_AIM_MS = 40;
/** Or so many times what a pass costs before its first position: cutting finer would mostly repeat that. */
const PASSES_OF_A_CHUNK = 3;
/** Chunks are so many positions or a multiple, so that shapes repeat. */
const GRAIN = 8;
/** A chunk of this time at most joins any call: nobody waits long for it. So a long chunk takes waiting tokens along. */
const SHORT_MS = 12;
/** What no clock can see still counts, so that tags always advance. */
const LEAST_MS = 0.001;

export class Schedule {
  readonly #limits: QueueLimits;
  readonly #costs: Costs;
  readonly #accounts = new Map<string, Account>();
  #virtualMs = 0;
  #turns = 0;
  /** The call before was of long work: what is short is next. */
  #shortIsNext = false;

  constructor(limits: QueueLimits, costs: Costs) {
    this.#limits = limits;
    this.#costs = costs;
  }

  /** Works that wait to begin. */
  get depth(): number {
    return this.#sum(({ waiting }) => waiting.filter(({ done }) => done === 0).length);
  }

  /** Whether anything waits that has no part in the call under way. */
  get waits(): boolean {
    return this.#sum(({ waiting }) => waiting.length) > 0;
  }

  /** Milliseconds that what waits and what runs still takes, as estimated. */
  get waitingMs(): number {
    return this.#sum((account) => this.#msOf(account));
  }

  /** A work comes; null takes it. */
  offer(job: Job): Failure | null {
    const refused = job.goesOn ? null : this.#refusal(job);
    if (refused !== null) return refused;
    const account = this.#account(job.work.seat);
    if (account.waiting.length === 0 && account.running === null) this.#joins(account);
    account.waiting.push({ job, shape: this.#costs.shapeOf(job.work), done: 0, dropped: false });
    return null;
  }

  /** The chunks that are due, to be computed in one call, in fair order; none while nothing waits. Each is settled before the next call. */
  next(): readonly Turn[] {
    const inOrder = this.#inOrder();
    const short = this.#shortIsNext ? inOrder.find((account) => this.#isShort(account)) : undefined;
    const first = short ?? inOrder[0];
    if (first === undefined) return [];
    this.#shortIsNext = !this.#isShort(first);
    this.#virtualMs = Math.max(this.#virtualMs, first.tag);
    const turn = this.#begin(first);
    const others = inOrder.filter((account) => account !== first);
    return [turn, ...this.#mates(turn, others)];
  }

  #isShort({ waiting: [head] }: Account): boolean {
    return head !== undefined && this.#turnMs(this.#cut(head)) <= SHORT_MS;
  }

  /**
   * Others that may share the call. Each adds its positions, and no pass but those that it takes more of than the one
   * whose turn it is: little in all, or no more than that one's. All of it fits a chunk's time, in order up to the
   * first that does not, and beside it some that is short, whoever stands before it.
   */
  #mates(turn: Turn, others: readonly Account[]): readonly Turn[] {
    const key = this.#costs.batchKeyOf(turn.job.work);
    if (key === null) return [];
    const mates: Turn[] = [];
    const passes = passesOf(turn);
    const longestMs = Math.max(this.#addedMs(turn, passes), SHORT_MS);
    let leftMs = budgetMs(this.#costs.rateOf(turn.job.work)) - this.#turnMs(turn);
    let shortLeftMs = SHORT_MS;
    for (const account of others) {
      const [head] = account.waiting;
      if (head === undefined || this.#costs.batchKeyOf(head.job.work) !== key) continue;
      const addedMs = this.#addedMs(this.#cut(head), passes);
      if (addedMs > longestMs) continue;
      if (addedMs <= leftMs) leftMs -= addedMs;
      else if (addedMs <= shortLeftMs) {
        leftMs = 0;
        shortLeftMs -= addedMs;
      } else {
        leftMs = 0;
        continue;
      }
      if (mates.push(this.#begin(account)) + 1 >= this.#limits.batch) break;
    }
    return mates;
  }

  /** Works that have waited too long to begin, taken out of the queue. */
  expired(nowMs: number): readonly Job[] {
    const late = ({ job, done }: Entry): boolean =>
      done === 0 && !job.goesOn && nowMs - job.sinceMs > this.#limits.waitMs;
    const expired = [...this.#accounts.values()].flatMap(({ waiting }) => {
      const jobs = waiting.filter(late).map(({ job }) => job);
      if (jobs.length > 0) waiting.splice(0, waiting.length, ...waiting.filter((entry) => !late(entry)));
      return jobs;
    });
    if (expired.length > 0) this.#forget();
    return expired;
  }

  /** What is told to whom has waited too long. */
  get late(): Failure {
    return this.#full(this.#limits.length, this.waitingMs);
  }

  /** A chunk came back after `ms` of computing: its job is `over`, goes on, or was dropped meanwhile. */
  settle(job: Job, ms: number, over: boolean): "over" | "goes-on" | "dropped" {
    const account = this.#account(job.work.seat);
    const { running } = account;
    if (running === null || running.entry.job !== job) throw new Error("a chunk came back that was not given");
    const { entry, to } = running;
    account.running = null;
    account.tag += Math.max(LEAST_MS, ms);
    account.since = ++this.#turns;
    entry.done = to;
    const ends = over || entry.dropped;
    if (!ends) account.waiting.unshift(entry);
    this.#forget();
    return over ? "over" : entry.dropped ? "dropped" : "goes-on";
  }

  /** Nobody waits for what this owner has asked for. */
  drop(owner: string): Dropped {
    const account = this.#accounts.get(owner);
    if (account === undefined) return { waiting: [], begun: false };
    if (account.running !== null) account.running.entry.dropped = true;
    const dropped = account.waiting.splice(0);
    this.#forget();
    return { waiting: dropped.map(({ job }) => job), begun: dropped.some(({ done }) => done > 0) };
  }

  #refusal({ work }: Job): Failure | null {
    const { length, ofOneOwner, ofOneOwnerMs } = this.#limits;
    const own = this.#accounts.get(work.seat);
    const waiting = own?.waiting.length ?? 0;
    if (this.depth >= length) return this.#full(length, this.waitingMs);
    if (own === undefined || waiting === 0) return null;
    const ownMs = this.#msOf(own);
    if (waiting >= ofOneOwner) return this.#full(ofOneOwner, this.#frontMs(ownMs));
    const jobMs = totalMs(this.#costs.shapeOf(work), this.#costs.rateOf(work));
    return ownMs + jobMs > ofOneOwnerMs ? this.#full(waiting, this.#frontMs(ownMs)) : null;
  }

  /** `frontMs` of computing go first. */
  #full(limit: number, frontMs: number): Failure {
    const retryAfterMs = Math.max(this.#limits.retryAfterMs, Math.ceil(frontMs));
    return { code: "edge-full", what: "queue", limit, retryAfterMs };
  }

  /** While an owner gets so much computing, the others get as much each, or what they have waiting. */
  #frontMs(ownMs: number): number {
    return this.#sum((account) => Math.min(ownMs, this.#msOf(account)));
  }

  #account(owner: string): Account {
    const account = this.#accounts.get(owner) ?? {
      owner,
      waiting: [],
      tag: this.#virtualMs,
      since: 0,
      running: null,
    };
    this.#accounts.set(owner, account);
    return account;
  }

  /** Back from doing nothing: what was not used is not saved up. */
  #joins(account: Account): void {
    account.tag = Math.max(account.tag, this.#virtualMs);
    account.since = ++this.#turns;
  }

  /** Those with a chunk that may begin, in the order of their turns. */
  #inOrder(): readonly Account[] {
    return [...this.#accounts.values()]
      .filter(({ waiting, running }) => waiting.length > 0 && running === null)
      .map((account) => ({ account, finishMs: this.#finishTag(account) }))
      .sort((a, b) => a.finishMs - b.finishMs || a.account.since - b.account.since)
      .map(({ account }) => account);
  }

  #begin(account: Account): Turn {
    const entry = account.waiting.shift();
    if (entry === undefined) throw new Error("an owner without work has no turn");
    const turn = this.#cut(entry);
    account.running = { entry, to: turn.to };
    return turn;
  }

  #cut(entry: Entry): Turn {
    if (entry.done === 0) entry.shape = this.#costs.shapeOf(entry.job.work); // the cut may have moved meanwhile
    const { job, shape, done: from } = entry;
    return { job, from, to: from + chunkUnits(shape, this.#costs.rateOf(job.work), from), shape };
  }

  #finishTag({ tag, waiting: [head] }: Account): number {
    return head === undefined ? tag : tag + this.#turnMs(this.#cut(head));
  }

  #turnMs({ job, from, to, shape }: Turn): number {
    return unitsMs(shape, this.#costs.rateOf(job.work), to - from);
  }

  /** What it takes beside so many passes that others pay for. */
  #addedMs(turn: Turn, passes: number): number {
    const { passMs, positionMs } = this.#costs.rateOf(turn.job.work);
    return passMs * Math.max(0, passesOf(turn) - passes) + positionMs * (turn.to - turn.from);
  }

  #msOf({ waiting, running }: Account): number {
    const entries = running === null ? waiting : [running.entry, ...waiting];
    return entries.reduce((sum, { job, shape, done }) => {
      const left = shape.positions * shape.passes - done;
      return sum + unitsMs(shape, this.#costs.rateOf(job.work), left);
    }, 0);
  }

  /** An account that is behind virtual time says nothing more; while nobody has work, none does. */
  #forget(): void {
    const idle = [...this.#accounts.values()].filter(
      ({ waiting, running }) => waiting.length === 0 && running === null,
    );
    if (idle.length === this.#accounts.size)
      this.#virtualMs = idle.reduce((latest, { tag }) => Math.max(latest, tag), this.#virtualMs);
    for (const { owner, tag } of idle) if (tag <= this.#virtualMs) this.#accounts.delete(owner);
  }

  #sum(of: (account: Account) => number): number {
    let sum = 0;
    for (const account of this.#accounts.values()) sum += of(account);
    return sum;
  }
}

/** Also of a part of one. */
export const passesOf = ({ from, to, shape }: Pick<Turn, "from" | "to" | "shape">): number =>
  Math.ceil((to - from) / shape.positions);

const totalMs = (shape: Shape, rate: Rate): number => unitsMs(shape, rate, shape.positions * shape.passes);

/** Of so many units, in as few passes as they may take. */
const unitsMs = ({ positions }: Shape, { passMs, positionMs }: Rate, units: number): number =>
  passMs * Math.ceil(units / positions) + positionMs * units;

/** That a chunk may take. */
const budgetMs = ({ passMs }: Rate): number => Math.max(CHUNK_AIM_MS, PASSES_OF_A_CHUNK * passMs);

/** How many units the next chunk takes: whole passes where they fit, else a part of one. */
export function chunkUnits({ positions, passes, divisible }: Shape, rate: Rate, done: number): number {
  const row = done % positions;
  const passMs = msOf(rate, positions);
  if (row === 0 && (passMs <= budgetMs(rate) || !divisible)) {
    const left = passes - done / positions;
    return positions * Math.min(left, Math.max(1, Math.floor(budgetMs(rate) / Math.max(LEAST_MS, passMs))));
  }
  const fits = (budgetMs(rate) - rate.passMs) / Math.max(LEAST_MS, rate.positionMs);
  return Math.min(positions - row, GRAIN * Math.max(1, Math.floor(fits / GRAIN)));
}
