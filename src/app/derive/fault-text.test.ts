import { expect, test } from "vitest";
import type { InjectedFault } from "#core/run/record/injected-fault.ts";
import { parseConfig } from "#core/run/config/parse-config.ts";
import { unwrap } from "#core/run/failure.ts";
import { EXACT, recordOf } from "../testing/scripted-device.ts";
import { tokensOf } from "../testing/sample-tokens.ts";
import { faultText, insteadText } from "./fault-text.ts";

const config = unwrap(parseConfig({ prompt: "x" }));
const broken = (fault: InjectedFault) => ({ record: recordOf(config, tokensOf([{}, {}]), { fault }) });

test("what was changed, by how much", () => {
  const corrupt = { token: 4, position: 16, values: 256, channel: 41, before: 0.125, after: -3145.4 } as const;
  expect(faultText(broken({ kind: "corrupt-activation", ...corrupt }))).toBe(
    "On its way to token 5 the smashed data of position 16 was changed, all 256 values of it: the one in channel 41 most, from 0.125 to \u22123,145.",
  );
  expect(faultText(broken({ kind: "rewind-short", token: 4, position: 16, computedAt: 15 }))).toBe(
    "From token 5 on every step was computed at position 15, though the first of them belonged at 16: what was cached there is lost.",
  );
  expect(faultText({ record: recordOf(config, []) })).toBe("");
  expect(faultText({ record: null })).toBe("");
});

test("what the token would have been", () => {
  const difference = { index: 4, got: 1, expected: 2, margin: 3 };
  const agreement = { ...EXACT, kind: "checked", exact: false, reference: "r", comparedTokens: 9 } as const;
  const at = (change: object) =>
    insteadText({ config, agreement: { ...agreement, firstDifference: { ...difference, ...change } } } as never);
  expect(at({ gotText: " Los", expectedText: " San" })).toBe(
    "Token 5 is \u201c Los\u201d; uncut it would be \u201c San\u201d.",
  );
  expect(at({ gotText: "", expectedText: "\n" })).toBe("Token 5 is the end; uncut it would be \u201c\u21b5\u201d.");
  expect(at({}), "a record of before").toBe("");
  expect(insteadText({ config, agreement: EXACT })).toBe("");
});
