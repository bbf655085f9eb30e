import { expect, test } from "vitest";
import type { SharedRun } from "#core/run/class-messages.ts";
import { unwrap, type Result } from "#core/run/failure.ts";
import { Classes, CLASS_LIMITS, type ClassEnd, type ClassLimits } from "./classes.ts";
import { Buckets } from "./rates.ts";

const MINUTE_MS = 60_000;
const tab = (number: number): string => number.toString(16).padStart(32, "0");

const RUN: SharedRun = {
  mode: "split",
  cut: 4,
  rttMs: 20,
  tokens: 24,
  ttftMs: 180.5,
  tpotMs: 31.2,
  upBytes: 20_976,
  downBytes: 768,
  checked: "exact",
  doubtful: false,
};

/** Classes with a clock that a test moves. */
function school(limits: Partial<ClassLimits> = {}) {
  const ends: ClassEnd[] = [];
  const classes = new Classes({ ...CLASS_LIMITS, ...limits }, (end) => ends.push(end));
  const clock = { nowMs: 0 };
  const by = (peer: string | null) => ({ peer, nowMs: clock.nowMs });
  const open = (peer: string | null = null) => unwrap(classes.open({ lesson: 1 }, by(peer)));
  return { classes, ends, clock, by, open };
}

const refusalOf = (result: Result<unknown>): unknown =>
  result.ok ? null : result.failure.code === "class-refused" && [result.failure.reason, result.failure.limit];

test("what tabs give is summed up without them: a second prediction or the same run again takes the first one's place", () => {
  const { classes, by, open } = school();
  const { code, secret } = open();
  expect(unwrap(classes.join({ code, tab: tab(1) }, by("a")))).toEqual({ lesson: 1 });
  for (const answers of [
    [0, 3],
    [2, 5.5],
  ])
    unwrap(classes.predict({ code, tab: tab(1), lesson: 1, answers }, by("a")));
  unwrap(classes.predict({ code, tab: tab(2), lesson: 1, answers: [1, 8] }, by("a")));
  unwrap(classes.predict({ code, tab: tab(1), lesson: 3, answers: [0] }, by("a")));
  for (const place of [0, 0, 1]) unwrap(classes.share({ code, tab: tab(2), place, run: RUN }, by("a")));
  const { summary } = unwrap(classes.look({ code, secret, seen: 0 }, by(null)));
  expect(summary).toEqual({
    version: expect.any(Number),
    students: 2,
    studentsMost: CLASS_LIMITS.seats,
    predictions: [
      { lesson: 1, answers: [2, 5.5] },
      { lesson: 3, answers: [0] },
      { lesson: 1, answers: [1, 8] },
    ],
    runs: [RUN, RUN],
  });
  expect(unwrap(classes.look({ code, secret, seen: summary?.version ?? 0 }, by(null)))).toEqual({ summary: null });
});

test("the class of one code is not another's; once ended it is unknown, to its lecturer too", () => {
  const { classes, ends, by, open } = school();
  const [one, other] = [open(), open()];
  expect(one.code).not.toBe(other.code);
  unwrap(classes.predict({ code: one.code, tab: tab(1), lesson: 1, answers: [1] }, by("a")));
  expect(unwrap(classes.look({ ...other, seen: 0 }, by(null))).summary?.students).toBe(0);
  expect(refusalOf(classes.end({ code: one.code, secret: other.secret }, by("a")))).toEqual(["not-lecturer", null]);
  unwrap(classes.end(one, by(null)));
  expect(refusalOf(classes.look({ ...one, seen: 0 }, by(null)))).toEqual(["unknown", null]);
  expect(refusalOf(classes.join({ code: one.code, tab: tab(1) }, by("a")))).toEqual(["unknown", null]);
  expect(ends).toEqual([{ why: "ended by its lecturer", students: 1 }]);
  expect(classes.count).toBe(1);
});

test("a full class gives the place of a tab that gave nothing; one address cannot have them all", () => {
  const { classes, by, open } = school({ seats: 4, seatsOfPeer: 3 });
  const { code, secret } = open();
  const give = (number: number, peer: string): unknown =>
    refusalOf(classes.predict({ code, tab: tab(number), lesson: 1, answers: [1] }, by(peer)));
  for (const number of [1, 2, 3]) expect(give(number, "crowd")).toBeNull();
  expect(give(4, "crowd")).toEqual(["full", 3]);
  expect(refusalOf(classes.join({ code, tab: tab(5) }, by("b")))).toBeNull();
  expect(give(6, "c")).toBeNull(); // in place of 5, which only looked on
  expect(give(7, "d")).toEqual(["full", 4]);
  expect(give(1, "crowd")).toBeNull();
  expect(unwrap(classes.look({ code, secret, seen: 0 }, by(null))).summary?.students).toBe(4);
});

test("so many classes and no more, of one address fewer; an empty one whose lecturer left makes room", () => {
  const { classes, ends, clock, by, open } = school({ classes: 3, classesOfPeer: 2 });
  const first = open("a");
  open("a");
  expect(refusalOf(classes.open({ lesson: null }, by("a")))).toEqual(["too-many", 2]);
  const third = open("b");
  unwrap(classes.predict({ code: third.code, tab: tab(1), lesson: 1, answers: [1] }, by("b")));
  expect(refusalOf(classes.open({ lesson: null }, by("c")))).toEqual(["too-many", 3]);
  clock.nowMs = 2 * MINUTE_MS;
  unwrap(classes.look({ ...first, seen: 0 }, by("a")));
  expect(refusalOf(classes.open({ lesson: null }, by("c")))).toBeNull();
  expect(ends).toEqual([{ why: "made room", students: 0 }]);
  expect(refusalOf(classes.look({ ...first, seen: 0 }, by("a")))).toBeNull();
});

test("hours without the lecturer end a class, and half a day does in any case", () => {
  const { classes, ends, clock, by, open } = school();
  const [left, watched] = [open(), open()];
  const step = 30 * MINUTE_MS;
  for (clock.nowMs = step; clock.nowMs <= CLASS_LIMITS.mostMs; clock.nowMs += step) {
    classes.sweep(clock.nowMs);
    classes.look({ ...watched, seen: 0 }, by(null));
    const gone = clock.nowMs >= CLASS_LIMITS.awayMs;
    expect(refusalOf(classes.join({ code: left.code, tab: tab(1) }, by("a")))).toEqual(gone ? ["unknown", null] : null);
  }
  expect(ends.map(({ why }) => why)).toEqual(["its lecturer was away", "it was open for too long"]);
  expect(classes.count).toBe(0);
});

test("a hundred behind one address join within a moment; whoever guesses there is slowed down, and nobody who is known", () => {
  const { classes, clock, by, open } = school();
  const { code, secret } = open();
  for (let number = 0; number < 100; number++) {
    expect(refusalOf(classes.join({ code, tab: tab(number) }, by("nat")))).toBeNull();
    expect(refusalOf(classes.predict({ code, tab: tab(number), lesson: 1, answers: [1] }, by("nat")))).toBeNull();
  }
  const guess = (number: number): unknown => refusalOf(classes.look({ code, secret: tab(number), seen: 0 }, by("nat")));
  const guesses = Array.from({ length: 1000 }, (_, number) => guess(number));
  expect(guesses.filter((each) => each === null)).toEqual([]);
  expect(guesses.at(-1)).toEqual(["too-fast", null]);
  expect(refusalOf(classes.join({ code, tab: tab(101) }, by("nat")))).toEqual(["too-fast", null]);
  expect(refusalOf(classes.join({ code, tab: tab(101) }, by("elsewhere")))).toBeNull();
  expect(refusalOf(classes.predict({ code, tab: tab(7), lesson: 1, answers: [2] }, by("nat")))).toBeNull();
  expect(refusalOf(classes.look({ code, secret, seen: 0 }, by("nat")))).toBeNull();
  clock.nowMs += 1000;
  expect(refusalOf(classes.join({ code, tab: tab(102) }, by("nat")))).toBeNull();
});

test("a tab that asks without end is told to wait, and what it holds stays within bounds", () => {
  const { classes, clock, by, open } = school();
  const { code, secret } = open();
  const asked = Array.from({ length: 60 }, (_, index) =>
    refusalOf(classes.share({ code, tab: tab(1), place: index % 8, run: RUN }, by("a"))),
  );
  expect(asked.at(-1)).toEqual(["too-fast", null]);
  for (let lesson = 1; lesson <= 99; lesson++) {
    clock.nowMs += 2000;
    unwrap(classes.predict({ code, tab: tab(1), lesson, answers: [lesson] }, by("a")));
  }
  const { summary } = unwrap(classes.look({ code, secret, seen: 0 }, by(null)));
  expect(summary?.runs).toHaveLength(8);
  expect(summary?.predictions.map(({ lesson }) => lesson)).toEqual(
    Array.from({ length: CLASS_LIMITS.lessonsOfSeat }, (_, index) => 99 - CLASS_LIMITS.lessonsOfSeat + 1 + index),
  );
});

test("addresses are remembered up to a bound, and forgotten when they are quiet", () => {
  const buckets = new Buckets({ burst: 2, perSecond: 1 }, 10);
  for (let who = 0; who < 50; who++) expect(buckets.take(String(who), 0)).toBe(true);
  expect(buckets.size).toBe(10);
  expect([buckets.take("49", 0), buckets.take("49", 0), buckets.take("49", 500)]).toEqual([true, false, false]);
  expect(buckets.take("49", 1500)).toBe(true);
  buckets.forgetIdle(1500);
  expect(buckets.size).toBe(1);
});
