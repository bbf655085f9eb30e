import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { messagesIn } from "./conversation.ts";
import { readCall } from "./read-call.ts";
import { resultFor } from "./tool-calls.ts";

const call = '{"name":"FindRestaurants","arguments":{"city":"San Jose","cuisine":"Mexican"}}';

describe("a conversation as messages", () => {
  test("a generated text is parted at its role tokens", () => {
    expect(messagesIn(`<|assistant|>One moment.<|call|>${call}`)).toEqual([
      { role: "assistant", content: "One moment." },
      { role: "call", content: call },
    ]);
    expect(messagesIn("No token first<|call|>{}")).toEqual([
      { role: "assistant", content: "No token first" },
      { role: "call", content: "{}" },
    ]);
    expect(messagesIn("")).toEqual([]);
    expect(messagesIn("<|assistant|>")).toEqual([]);
  });

  test("writing messages down and reading them back loses no letter", () => {
    const content = fc.string({ minLength: 1 }).filter((text) => !text.includes("<|") && !text.endsWith("<"));
    const messages = fc.array(fc.record({ role: fc.constantFrom("assistant" as const, "call" as const), content }));
    fc.assert(
      fc.property(messages, (given) => {
        expect(messagesIn(given.map(({ role, content: text }) => `<|${role}|>${text}`).join(""))).toEqual(given);
      }),
    );
  });

  test("a call is answered with what it asked for, every value a string", () => {
    const result: unknown = JSON.parse(resultFor(call));
    expect(result).toMatchObject({ city: "San Jose", cuisine: "Mexican", restaurant_name: expect.any(String) });
    expect(Object.values(result as object).every((value) => typeof value === "string")).toBe(true);
    expect(resultFor(call)).toBe(resultFor(call));
  });

  test("what is no call finds nothing", () => {
    expect(resultFor('{"name":"FindRest')).toBe("{}");
    expect(readCall("[]")).toBeNull();
    expect(readCall('{"name":"A","arguments":{"n":1}}')).toEqual({ name: "A", arguments: { n: "1" } });
  });
});
