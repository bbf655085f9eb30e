import fc from "fast-check";
import { expect, it } from "vitest";
import type { ClassSummary, SharedRun } from "#core/run/class-messages.ts";
import type { Question } from "#lab/experiment/lesson.ts";
import { EXPERIMENTS } from "#lab/experiment/registry.ts";
import { classPlot, classWords } from "./class-figures.ts";

const [choice, amount] = EXPERIMENTS[0]?.lesson?.questions ?? [];
const RUN: SharedRun = {
  mode: "split",
  cut: 4,
  rttMs: null,
  tokens: 9,
  ttftMs: 100,
  tpotMs: 20,
  upBytes: 1,
  downBytes: 1,
  checked: "exact",
  doubtful: false,
};

const summary = (part: Partial<ClassSummary>): ClassSummary => ({
  version: 1,
  students: 4,
  studentsMost: 300,
  predictions: [],
  runs: [],
  ...part,
});

const asked = (question: Question | undefined, at: number) => {
  if (question === undefined) throw new Error("the first lesson has lost its questions");
  return { number: 1, at, question };
};

it("counts each choice, also one that nobody made, with shares of those who answered", () => {
  const predictions = [0, 2, 2, 7, 1.5].map((given) => ({ lesson: 1, answers: [given, 1] }));
  const plot = classPlot(asked(choice, 0), summary({ predictions: [...predictions, { lesson: 2, answers: [1] }] }));
  expect(plot.columns.map(({ tick, y }) => [tick, y])).toEqual([
    ["A", 1],
    ["B", 0],
    ["C", 2],
    ["D", 0],
    ["E", 0],
  ]);
  expect(plot.n).toBe(3); // 7 and 1.5 are no answers to this question
  expect(plot.table.rows[2]).toEqual([plot.keys[2], "2", "67%"]);
  expect(plot.note).toContain("n = 3 of 4");
  expect(classWords(plot)).toContain(`${plot.keys[2]}: 2 students`);
});

it("places amounts where they are, and says their middle", () => {
  const predictions = [2, 5, 5, 20, 1000].map((given) => ({ lesson: 1, answers: [0, given] }));
  const plot = classPlot(asked(amount, 1), summary({ predictions }));
  expect(plot.columns.map(({ x, y }) => [x, y])).toEqual([
    [2, 1],
    [5, 2],
    [20, 1],
  ]);
  expect(plot.median).toBe(5);
  expect(plot.note).toContain("Median 5 times (dashed), middle half 4.25 to 8.75");
});

it("runs stand by strategy with their median; which are sure and which are wrong is kept", () => {
  const runs: readonly SharedRun[] = [
    { ...RUN, tpotMs: 10 },
    { ...RUN, tpotMs: 30, checked: "wrong" },
    { ...RUN, tpotMs: null },
    { ...RUN, mode: "edge-only", tpotMs: 400, checked: "unchecked" },
    { ...RUN, mode: "edge-only", tpotMs: 200, doubtful: true },
  ];
  const plot = classPlot("tpotMs", summary({ runs }));
  expect(plot.columns.map(({ name, y }) => [name, y])).toEqual([
    ["Edge only", 300],
    ["Split", 20],
  ]);
  expect(plot.columns.map(({ dots }) => dots.map(({ sure, wrong }) => [sure, wrong]))).toEqual([
    [
      [false, false],
      [false, false],
    ],
    [
      [true, false],
      [true, true],
    ],
  ]);
  expect(plot.y.scale).toBe("log");
  expect(plot.note).toContain("n = 4, a dot");
  expect(plot.note).toContain("1 with a single token");
  expect(plot.table.rows).toHaveLength(5);
  expect(classPlot("ttftMs", summary({ runs })).n).toBe(5);
});

it("whatever comes is drawn inside the axes", () => {
  const number = fc.double({ min: -1e9, max: 1e9, noNaN: true });
  const ms = fc.double({ min: 0, max: 1e7, noNaN: true });
  fc.assert(
    fc.property(fc.array(fc.tuple(number, ms)), (given) => {
      const all = summary({
        predictions: given.map(([answer]) => ({ lesson: 1, answers: [answer, answer] })),
        runs: given.map(([, tpotMs]) => ({ ...RUN, tpotMs })),
      });
      for (const shown of [asked(choice, 0), asked(amount, 1), "tpotMs", "ttftMs"] as const) {
        const { columns, x, y } = classPlot(shown, all);
        for (const column of columns) {
          expect(column.x).toBeGreaterThanOrEqual(x.domain[0]);
          expect(column.x).toBeLessThanOrEqual(x.domain[1]);
          for (const dot of [column, ...column.dots]) expect(dot.y).toBeLessThanOrEqual(y.domain[1] * (1 + 1e-9));
        }
      }
    }),
  );
});
