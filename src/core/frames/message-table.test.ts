import { expect, test } from "vitest";
import { takenFrom, type DownMessage } from "./message-table.ts";

const timing = { queueUs: 3, computeUs: 5 };
const at = { sequence: 7, position: 40, timing };
const noBytes = new Uint8Array(0);

const ANSWERS: readonly (readonly [answer: DownMessage, held: number | null, tokens: number, says: string])[] = [
  [{ ...at, kind: "token", id: 9, finish: "none" }, 40, 1, "token 9 at 40"],
  [{ ...at, kind: "activations", count: 3, payload: new Uint8Array(12) }, 43, 1, "3 positions at 40"],
  [{ ...at, kind: "log-probs", values: new Float32Array(2), favourites: new Uint32Array(2) }, 42, 0, "log-probs"],
  [{ ...at, kind: "done" }, 40, 0, "done"],
  [
    { ...at, kind: "verified", accepted: 2, next: 5, dropped: false, distribution: noBytes },
    40,
    3,
    "2 stand, then 5 at 40",
  ],
  [{ ...at, kind: "verified", accepted: 0, next: null, dropped: true, distribution: noBytes }, 40, 0, "dropped"],
  [
    { ...at, kind: "round", drafted: Uint32Array.of(1, 2, 3), accepted: 2, next: 8, finish: "none" },
    42,
    3,
    "1 2 3: 2 stand, then 8",
  ],
  [
    { ...at, kind: "round", drafted: Uint32Array.of(1), accepted: 1, next: null, finish: "eos" },
    41,
    1,
    "1: 1 stand, then null",
  ],
  [{ kind: "pong", sequence: 7, upBytes: 1, downBytes: 2 }, null, 0, "pong"],
  [{ ...at, kind: "kv", count: 1, payload: new Uint8Array(4) }, null, 0, "kv"],
];

test.each(ANSWERS)("what a device takes from %j", (answer, held, tokens, says) => {
  const taken = takenFrom(answer);
  expect([taken.held(answer), taken.tokens(answer), taken.says(answer)]).toEqual([held, tokens, says]);
});
