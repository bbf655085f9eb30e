import { expect, test } from "vitest";
import { tokensOf } from "../testing/sample-tokens.ts";
import { tokensCsv } from "./tokens-csv.ts";

test("one row a token, quotes and commas kept apart from the format", () => {
  const lines = tokensCsv(tokensOf([{ deviceMs: 1.5, text: 'say "hi", then' }, { deviceMs: 2 }])).split("\r\n");
  expect(lines).toHaveLength(4);
  expect(lines[0]?.split(",")[4]).toBe("deviceMs");
  expect(lines[1]).toContain(',"say ""hi"", then",1.5,1.5,');
});
