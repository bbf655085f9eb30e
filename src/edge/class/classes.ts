/**
 * Classes: a lecturer's page shows a code, and what students' tabs give arrives there as figures. All of it is in
 * this memory and nowhere else, bounded in classes, tabs and figures, and gone when the lecturer ends the class,
 * has not looked for hours, or the server stops.
 *
 * Who may do what hangs on two numbers of 128 random bits: the class's secret, which only the tab that opened it
 * has, and a tab's own, by which a second prediction takes the place of the first. A code is short and on a wall:
 * it lets figures in and nothing out.
 */
import { randomBytes, randomInt } from "node:crypto";
import {
  CODE_LENGTH,
  CODE_LETTERS,
  type ClassAsk,
  type ClassSummary,
  type Opened,
  type SharedRun,
} from "#core/run/class-messages.ts";
import { ok, refuse, type Failure, type Result } from "#core/run/failure.ts";
import { accessDenied } from "../http/access.ts";
import { Bucket, Buckets, type RateLimit } from "./rates.ts";

export interface ClassLimits {
  readonly classes: number;
  /** Of those, what one address may have open. */
  readonly classesOfPeer: number;
  /** Tabs in a class, and how many of one address: a room behind one NAT has one address. */
  readonly seats: number;
  readonly seatsOfPeer: number;
  /** Lessons that one tab may have predicted. */
  readonly lessonsOfSeat: number;
  /** What one address may ask as somebody who is not known yet: opening, joining, guessing. */
  readonly strangers: RateLimit;
  /** Addresses that are remembered for that. */
  readonly peers: number;
  /** What a tab may ask that has joined, and what a lecturer's may: each has a rate of its own, whatever the others do. */
  readonly student: RateLimit;
  readonly lecturer: RateLimit;
  /** After which a class is dropped whose lecturer has not looked. */
  readonly awayMs: number;
  /** After which it makes room for another, where nobody has given anything. */
  readonly emptyAwayMs: number;
  /** After which it is dropped in any case. */
  readonly mostMs: number;
}

const HOUR_MS = 3_600_000;

export const CLASS_LIMITS: ClassLimits = {
  classes: 8,
  classesOfPeer: 4,
  seats: 300,
  seatsOfPeer: 150,
  lessonsOfSeat: 12,
  strangers: { burst: 400, perSecond: 20 },
  peers: 1024,
  student: { burst: 20, perSecond: 1 },
  lecturer: { burst: 20, perSecond: 4 },
  awayMs: 3 * HOUR_MS,
  emptyAwayMs: 60_000,
  mostMs: 12 * HOUR_MS,
};

/** One tab, as far as a class knows it. */
interface Seat {
  readonly peer: string | null;
  readonly rate: Bucket;
  readonly predictions: Map<number, readonly number[]>;
  readonly runs: Map<number, SharedRun>;
}

interface OpenClass {
  readonly secret: string;
  readonly lesson: number | null;
  readonly peer: string | null;
  readonly openedMs: number;
  lookedMs: number;
  version: number;
  readonly rate: Bucket;
  readonly seats: Map<string, Seat>;
}

/** Why a class is no more. */
export type Ending = "ended by its lecturer" | "its lecturer was away" | "it was open for too long" | "made room";

export interface ClassEnd {
  readonly why: Ending;
  readonly students: number;
}

/** From whom a request comes (see `PeerPolicy`), and when: ms of a clock that does not go back. */
export interface Asking {
  readonly peer: string | null;
  readonly nowMs: number;
}

type Ask<K extends ClassAsk["ask"]> = Extract<ClassAsk, { readonly ask: K }>;

const refused = (reason: Extract<Failure, { code: "class-refused" }>["reason"], limit: number | null = null) =>
  refuse({ code: "class-refused", reason, limit });

const gaveNothing = ({ predictions, runs }: Seat): boolean => predictions.size === 0 && runs.size === 0;

export class Classes {
  readonly #limits: ClassLimits;
  readonly #onEnd: (end: ClassEnd) => void;
  readonly #open = new Map<string, OpenClass>();
  readonly #strangers: Buckets;

  constructor(limits: ClassLimits, onEnd: (end: ClassEnd) => void) {
    this.#limits = limits;
    this.#onEnd = onEnd;
    this.#strangers = new Buckets(limits.strangers, limits.peers);
  }

  get count(): number {
    return this.#open.size;
  }

  /** Failures: class-refused (too-many, too-fast). */
  open({ lesson }: Pick<Ask<"open">, "lesson">, asking: Asking): Result<Opened> {
    const { classes, classesOfPeer, lecturer } = this.#limits;
    const { peer, nowMs } = asking;
    if (!this.#admits(asking)) return refused("too-fast");
    if (peer !== null && [...this.#open.values()].filter((each) => each.peer === peer).length >= classesOfPeer)
      return refused("too-many", classesOfPeer);
    if (this.#open.size >= classes && !this.#makeRoom(nowMs)) return refused("too-many", classes);
    const code = this.#newCode();
    const secret = randomBytes(16).toString("hex");
    const rate = new Bucket(lecturer, nowMs);
    const times = { openedMs: nowMs, lookedMs: nowMs, version: 1 };
    this.#open.set(code, { secret, lesson, peer, rate, ...times, seats: new Map() });
    return ok({ code, secret });
  }

  /** The lesson that the class's link leads to. Failures: class-refused (unknown, full, too-fast). */
  join(ask: Pick<Ask<"join">, "code" | "tab">, asking: Asking): Result<{ readonly lesson: number | null }> {
    const seat = this.#seatOf(ask, asking);
    return seat.ok ? ok({ lesson: seat.value.of.lesson }) : seat;
  }

  /** Failures: class-refused (unknown, full, too-fast). */
  predict(ask: Omit<Ask<"predict">, "ask">, asking: Asking): Result<object> {
    return this.#give(ask, asking, ({ predictions }) => {
      predictions.delete(ask.lesson); // the one that is replaced is the oldest no longer
      predictions.set(ask.lesson, ask.answers);
      const [oldest] = predictions.keys();
      if (predictions.size > this.#limits.lessonsOfSeat && oldest !== undefined) predictions.delete(oldest);
    });
  }

  /** Failures: class-refused (unknown, full, too-fast). */
  share(ask: Omit<Ask<"share">, "ask">, asking: Asking): Result<object> {
    return this.#give(ask, asking, ({ runs }) => runs.set(ask.place, ask.run));
  }

  /** What has come since; null where nothing has. Failures: class-refused (unknown, not-lecturer, too-fast). */
  look(
    ask: Pick<Ask<"look">, "code" | "secret" | "seen">,
    asking: Asking,
  ): Result<{ readonly summary: ClassSummary | null }> {
    const found = this.#asLecturer(ask, asking);
    if (!found.ok) return found;
    found.value.lookedMs = asking.nowMs;
    return ok({ summary: found.value.version === ask.seen ? null : this.#summaryOf(found.value) });
  }

  /** Failures: class-refused (unknown, not-lecturer, too-fast). */
  end(ask: Pick<Ask<"end">, "code" | "secret">, asking: Asking): Result<object> {
    const found = this.#asLecturer(ask, asking);
    if (!found.ok) return found;
    this.#drop(ask.code, "ended by its lecturer");
    return ok({});
  }

  /** Drops what has had its time. */
  sweep(nowMs: number): void {
    const { awayMs, mostMs } = this.#limits;
    this.#strangers.forgetIdle(nowMs);
    for (const [code, { openedMs, lookedMs }] of this.#open) {
      if (nowMs - openedMs >= mostMs) this.#drop(code, "it was open for too long");
      else if (nowMs - lookedMs >= awayMs) this.#drop(code, "its lecturer was away");
    }
  }

  /** The server stops: nothing is left. */
  close(): void {
    this.#open.clear();
  }

  #give(ask: Pick<Ask<"join">, "code" | "tab">, asking: Asking, put: (seat: Seat) => void): Result<object> {
    const seat = this.#seatOf(ask, asking);
    if (!seat.ok) return seat;
    put(seat.value.seat);
    seat.value.of.version += 1;
    return ok({});
  }

  /** A tab that is known asks at its own rate; one that is not, at its address's. */
  #seatOf(
    { code, tab }: Pick<Ask<"join">, "code" | "tab">,
    asking: Asking,
  ): Result<{ readonly seat: Seat; readonly of: OpenClass }> {
    const of = this.#open.get(code);
    const known = of?.seats.get(tab);
    if (!(known === undefined ? this.#admits(asking) : known.rate.take(asking.nowMs))) return refused("too-fast");
    if (of === undefined) return refused("unknown");
    if (known !== undefined) return ok({ seat: known, of });
    const full = this.#makeSeat(of, asking.peer);
    if (full !== null) return refused("full", full);
    const { peer, nowMs } = asking;
    const rate = new Bucket(this.#limits.student, nowMs);
    const seat: Seat = { peer, rate, predictions: new Map(), runs: new Map() };
    of.seats.set(tab, seat);
    of.version += 1;
    return ok({ seat, of });
  }

  /** The bound that a further seat would break; null where there is one, be it that of a tab that has given nothing. */
  #makeSeat({ seats }: OpenClass, peer: string | null): number | null {
    const { seats: most, seatsOfPeer } = this.#limits;
    const neighbours = peer === null ? [] : [...seats].filter(([, seat]) => seat.peer === peer);
    const crowded = neighbours.length >= seatsOfPeer;
    if (!crowded && seats.size < most) return null;
    const idle = (crowded ? neighbours : [...seats]).find(([, seat]) => gaveNothing(seat));
    if (idle === undefined) return crowded ? seatsOfPeer : most;
    seats.delete(idle[0]);
    return null;
  }

  #asLecturer({ code, secret }: Pick<Ask<"end">, "code" | "secret">, asking: Asking): Result<OpenClass> {
    const of = this.#open.get(code);
    if (of !== undefined && accessDenied(of.secret, secret) === null)
      return of.rate.take(asking.nowMs) ? ok(of) : refused("too-fast");
    if (!this.#admits(asking)) return refused("too-fast");
    return refused(of === undefined ? "unknown" : "not-lecturer");
  }

  #admits({ peer, nowMs }: Asking): boolean {
    return this.#strangers.take(peer ?? "this machine", nowMs);
  }

  #newCode(): string {
    const letter = (): string => CODE_LETTERS[randomInt(CODE_LETTERS.length)] ?? "";
    const code = Array.from({ length: CODE_LENGTH }, letter).join("");
    return this.#open.has(code) ? this.#newCode() : code;
  }

  /** Of the classes in which nobody has given anything and whose lecturer is away, the one that waits longest goes. */
  #makeRoom(nowMs: number): boolean {
    const [idle] = [...this.#open]
      .filter(
        ([, { lookedMs, seats }]) =>
          nowMs - lookedMs >= this.#limits.emptyAwayMs && [...seats.values()].every(gaveNothing),
      )
      .sort(([, a], [, b]) => a.lookedMs - b.lookedMs);
    if (idle !== undefined) this.#drop(idle[0], "made room");
    return idle !== undefined;
  }

  #drop(code: string, why: Ending): void {
    const students = this.#open.get(code)?.seats.size ?? 0;
    this.#open.delete(code);
    this.#onEnd({ why, students });
  }

  #summaryOf({ version, seats }: OpenClass): ClassSummary {
    const all = [...seats.values()];
    return {
      version,
      students: all.length,
      studentsMost: this.#limits.seats,
      predictions: all.flatMap(({ predictions }) => [...predictions].map(([lesson, answers]) => ({ lesson, answers }))),
      runs: all.flatMap(({ runs }) => [...runs.values()]),
    };
  }
}
