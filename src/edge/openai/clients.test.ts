/**
 * The packages that people use, against a house model at the edge: OpenAI's own client and Vercel's AI SDK. What they
 * show their user is what is checked.
 */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, streamText, tool, type ToolSet } from "ai";
import OpenAI from "openai";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { unwrap } from "#core/run/failure.ts";
import { openModelFolder } from "#node/model/model-folder.ts";
import { openTokenizer } from "#node/model/tokenizer.ts";
import { localCompute } from "../compute/local.ts";
import { testEdge, type TestEdge } from "../testing/harness.ts";

const NAME = "concierge-10m";
const FOLDER = fileURLToPath(new URL(`../../../public/models/${NAME}`, import.meta.url));
const ASKED = "Find me an Italian restaurant in San Jose, please.";
const CALLED = { city: "San Jose", cuisine: "Italian" };

let edge: TestEdge;
let openai: OpenAI;
beforeAll(async () => {
  const folder = unwrap(await openModelFolder(FOLDER));
  const tokenizer = await openTokenizer(folder);
  edge = await testEdge({
    models: [{ folder, tokenizer: () => Promise.resolve(tokenizer) }],
    startCompute: () => {
      const models = [{ name: NAME, path: FOLDER }];
      const compute = localCompute({ models, backend: "cpu", threads: 1, referenceIdleMs: 60_000 });
      return { compute, died: new Promise(() => {}), end: () => compute.dispose() };
    },
    limits: { kvBytes: 1 << 30 },
  });
  openai = new OpenAI({ baseURL: `${edge.url}/v1`, apiKey: "none", maxRetries: 0 });
}, 60_000);
afterAll(() => edge.server.close());

const offered = (name: string) => ({
  type: "function" as const,
  function: { name, parameters: { type: "object", properties: { city: { type: "string" } } } },
});
const chat = (rest: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming> = {}) =>
  openai.chat.completions.create({
    model: NAME,
    temperature: 0,
    messages: [{ role: "user", content: ASKED }],
    ...rest,
  });

describe("openai", () => {
  test("without tools the model answers in words, and what it says is what is billed", async () => {
    for (const messages of [
      [{ role: "user" as const, content: ASKED }],
      [
        { role: "system" as const, content: "You are a helpful assistant." },
        { role: "developer" as const, content: "Be brief." },
        { role: "user" as const, content: ASKED },
      ],
    ]) {
      const { choices, usage } = await chat({ messages });
      expect(choices[0]).toMatchObject({
        finish_reason: "stop",
        message: { content: expect.stringMatching(/\w+ \w+/) },
      });
      expect(choices[0]?.message.tool_calls).toBeUndefined();
      expect(usage?.completion_tokens).toBeLessThan(20);
    }
  });

  test("a tool that is offered is called; a call that nobody offered is told as text", async () => {
    const { choices } = await chat({ tools: [offered("FindRestaurants")] });
    expect(choices[0]).toMatchObject({ finish_reason: "tool_calls", message: { content: null } });
    const [call] = choices[0]?.message.tool_calls ?? [];
    expect(call?.type === "function" && JSON.parse(call.function.arguments)).toEqual(CALLED);
    const other = await chat({ tools: [offered("GetWeather")] });
    expect(other.choices[0]).toMatchObject({
      finish_reason: "stop",
      message: { content: expect.stringContaining("San Jose") },
    });
  });

  test("tool_choice none, required and by name", async () => {
    const tools = [offered("FindRestaurants"), offered("GetWeather")];
    const none = await chat({ tools, tool_choice: "none" });
    expect(none.choices[0]?.message.tool_calls).toBeUndefined();
    expect(none.choices[0]?.message.content).toMatch(/\w+ \w+/);
    for (const [name, choice] of [
      ["GetWeather", offered("GetWeather")],
      ["FindRestaurants", "required"],
    ] as const) {
      const { choices } = await chat({ tools: choice === "required" ? tools.slice(0, 1) : tools, tool_choice: choice });
      const [call] = choices[0]?.message.tool_calls ?? [];
      expect(call?.type === "function" && call.function.name).toBe(name);
      expect(call?.type === "function" && JSON.parse(call.function.arguments)).toMatchObject({ city: "San Jose" });
    }
    await expect(chat({ tools, tool_choice: { type: "function", function: { name: "Nobody" } } })).rejects.toThrow(
      /one of FindRestaurants, GetWeather/,
    );
    await expect(chat({ tool_choice: "required" })).rejects.toThrow(/offers tools/);
  });

  test("a call that is cut off keeps its name and what there is of its arguments", async () => {
    const { choices } = await chat({ tools: [offered("FindRestaurants")], max_tokens: 10 });
    expect(choices[0]?.finish_reason).toBe("length");
    const [call] = choices[0]?.message.tool_calls ?? [];
    expect(call?.type === "function" && call.function).toMatchObject({
      name: "FindRestaurants",
      arguments: expect.stringMatching(/^\{"city/),
    });
  });

  test("a stream with its usage, a list of models and one of them, and what is not done is said", async () => {
    const stream = await openai.chat.completions.create({
      model: NAME,
      messages: [{ role: "user", content: ASKED }],
      temperature: 0,
      stream: true,
      stream_options: { include_usage: true },
    });
    let said = "";
    let billed = 0;
    for await (const { choices, usage } of stream) {
      said += choices[0]?.delta.content ?? "";
      billed += usage?.completion_tokens ?? 0;
    }
    expect(said).toBe((await chat()).choices[0]?.message.content);
    expect(billed).toBeGreaterThan(0);
    const ids = (await openai.models.list()).data.map(({ id }) => id);
    expect(ids).toEqual([NAME]);
    expect(await openai.models.retrieve(NAME)).toMatchObject({ id: NAME, object: "model" });
    await expect(openai.models.retrieve("gpt-4o")).rejects.toMatchObject({ status: 404, code: "model_not_found" });
    await expect(chat({ logprobs: true })).rejects.toMatchObject({ status: 400, param: "logprobs" });
    await expect(chat({ response_format: { type: "json_object" } })).rejects.toMatchObject({ status: 400 });
  });
});

describe("the AI SDK", () => {
  const model = () => createOpenAICompatible({ name: "cutlayer", baseURL: `${edge.url}/v1` })(NAME);
  const place = z.object({ city: z.string().optional(), cuisine: z.string().optional() });
  // The SDK's own types do not fit exactOptionalPropertyTypes.
  const tools = { FindRestaurants: tool({ inputSchema: place }) } as unknown as ToolSet;

  test("a text with a system's words, and a call", async () => {
    const { text } = await generateText({ model: model(), temperature: 0, system: "You are kind.", prompt: ASKED });
    expect(text).toMatch(/\w+ \w+/);
    const { toolCalls, finishReason } = await generateText({ model: model(), temperature: 0, prompt: ASKED, tools });
    expect(finishReason).toBe("tool-calls");
    expect(toolCalls.map(({ toolName, input }) => [toolName, input])).toEqual([["FindRestaurants", CALLED]]);
  });

  test("a stream", async () => {
    const { textStream } = streamText({ model: model(), temperature: 0, prompt: ASKED });
    let said = "";
    for await (const piece of textStream) said += piece;
    expect(said).toMatch(/\w+ \w+/);
  });
});
