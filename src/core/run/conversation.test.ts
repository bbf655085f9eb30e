import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { messagesIn, readCall, simulatedResult } from "./conversation.ts";

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
    const content = fc.string({ minLength: 1 }).filter((text) => !text.includes("<|"));
    const messages = fc.array(fc.record({ role: fc.constantFrom("assistant" as const, "call" as const), content }));
    fc.assert(
      fc.property(messages, (given) => {
        expect(messagesIn(given.map(({ role, content: text }) => `<|${role}|>${text}`).join(""))).toEqual(given);
      }),
    );
  });

  test("the simulated service gives a call's arguments back and adds its own particulars, as strings", () => {
    const result: unknown = JSON.parse(simulatedResult(call));
    expect(result).toMatchObject({ city: "San Jose", cuisine: "Mexican", restaurant_name: expect.any(String) });
    expect(Object.values(result as object).every((value) => typeof value === "string")).toBe(true);
  });

  test("what is no call finds nothing; an unknown tool gets its arguments back", () => {
    expect(simulatedResult('{"name":"FindRest')).toBe("{}");
    expect(readCall("[]")).toBeNull();
    expect(simulatedResult('{"name":"Zork","arguments":{"b":"2","a":1}}')).toBe('{"a":"1","b":"2"}');
  });
});
