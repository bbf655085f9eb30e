import { once } from "node:events";
import { request as rawRequest, type ClientRequest, type IncomingMessage } from "node:http";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import type { Tokenizer } from "#engine/ports.ts";
import { fakeContinuation, fakeHost } from "../testing/fake-model.ts";
import { edgesOf, fakeTokenizer, gate, TestClient, until } from "../testing/harness.ts";
import { tooIntricate } from "../http/body.ts";
import { chatShape } from "./answer-shapes.ts";
import { promptOf, readCall, openingFor } from "./dialect.ts";
import { StopText } from "./stop-text.ts";

const edge = edgesOf(afterEach);

const post = (url: string, path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

const continued = (prompt: string, count: number): string =>
  fakeTokenizer.decode(fakeContinuation(fakeTokenizer.encode(prompt), count));

/** The data of a server-sent stream. */
const events = (text: string): readonly string[] =>
  text
    .split("\n\n")
    .filter((event) => event !== "")
    .map((event) => event.replace(/^data: /, ""));

describe("completions", () => {
  const request = { model: "fake", prompt: "cab", temperature: 0, max_tokens: 5 };

  test("whole", async () => {
    const { url, host } = await edge();
    const answer = await post(url, "/v1/completions", request);
    expect(answer.headers.get("content-type")).toContain("application/json");
    expect(await answer.json()).toMatchObject({
      object: "text_completion",
      model: "fake",
      choices: [{ index: 0, text: continued("cab", 5), finish_reason: "length" }],
      usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 },
    });
    expect(host.openSessions()).toBe(0);
  });

  test("as a stream, the same text in chunks, then [DONE]", async () => {
    const { url } = await edge();
    const answer = await post(url, "/v1/completions", {
      ...request,
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(answer.headers.get("content-type")).toContain("text/event-stream");
    const sent = events(await answer.text());
    expect(sent.at(-1)).toBe("[DONE]");
    const chunks = sent
      .slice(0, -1)
      .map(
        (data) => JSON.parse(data) as { choices: { text: string; finish_reason: string | null }[]; usage?: unknown },
      );
    expect(chunks.map(({ choices }) => choices[0]?.text ?? "").join("")).toBe(continued("cab", 5));
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe("length");
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 5 } });
  });

  test("token ids as prompt, a stop text, and one seed for one text", async () => {
    const { url } = await edge();
    const text = continued("cab", 5);
    const stopped = (await (
      await post(url, "/v1/completions", { ...request, prompt: fakeTokenizer.encode("cab"), stop: text.slice(2, 4) })
    ).json()) as { choices: unknown[] };
    expect(stopped.choices[0]).toMatchObject({ text: text.slice(0, 2), finish_reason: "stop" });
    const sampled = async (seed: number) =>
      (
        (await (await post(url, "/v1/completions", { ...request, temperature: 2, max_tokens: 12, seed })).json()) as {
          choices: { text: string }[];
        }
      ).choices[0]?.text;
    expect(await sampled(5)).toBe(await sampled(5));
    expect(await sampled(5)).not.toBe(await sampled(6));
  });

  test("a client that leaves ends its generation", async () => {
    const { url, host } = await edge({
      model: fakeHost({ beforeStep: () => new Promise((resolve) => setTimeout(resolve, 20)) }),
    });
    const leaving = new AbortController();
    const answer = await fetch(`${url}/v1/completions`, {
      method: "POST",
      signal: leaving.signal,
      body: JSON.stringify({ ...request, max_tokens: 60, stream: true }),
    });
    expect(host.openSessions()).toBe(1);
    leaving.abort();
    await answer.text().catch(() => "");
    await until(() => host.openSessions() === 0);
  });

  test("what a client that leaves has waiting is not computed", async () => {
    const other = gate();
    const steps: string[] = [];
    const { url, host } = await edge({
      model: fakeHost({
        beforeStep: ({ kind }) => {
          steps.push(kind);
          return kind === "hidden" ? other.passed : new Promise((resolve) => setTimeout(resolve, 5));
        },
      }),
    });
    const segment = { embedding: false, from: 1, to: 4, head: true };
    const { client } = await TestClient.open(url, { segment });
    const leaving = new AbortController();
    const answer = await fetch(`${url}/v1/completions`, {
      method: "POST",
      signal: leaving.signal,
      body: JSON.stringify({ ...request, max_tokens: 60, stream: true }),
    });
    client.send({ kind: "activations", sequence: 1, position: 0, count: 1, want: "last", payload: new Uint8Array(16) });
    await until(() => steps.includes("hidden")); // the answer's next step waits behind it
    leaving.abort();
    await answer.text().catch(() => "");
    await new Promise((resolve) => setTimeout(resolve, 50));
    other.open();
    await until(() => host.openSessions() === 1);
    expect(steps.slice(steps.indexOf("hidden"))).toEqual(["hidden"]);
  });
});

describe("a clumsy client", () => {
  /** A body without a declared length, on its way once the server listens to it. */
  const pouring = async (url: string): Promise<ClientRequest> => {
    const request = rawRequest(`${url}/v1/completions`, { method: "POST", headers: { expect: "100-continue" } });
    request.flushHeaders();
    await once(request, "continue");
    return request;
  };

  test("that says too much is told so, also where it does not say how much", async () => {
    const { url } = await edge();
    const request = await pouring(url);
    const answered = once(request, "response") as Promise<[IncomingMessage]>;
    request.on("error", () => {}); // the connection is closed under it
    for (let sent = 0; sent < 5; sent++) request.write(" ".repeat(1 << 20));
    const [{ statusCode }] = await answered;
    expect(statusCode).toBe(413);
    expect(await (await post(url, "/v1/completions", " ".repeat(5 << 20))).json()).toMatchObject({
      error: { code: "request_too_large" },
    });
  });

  test("that is too intricate is told so before anything is built of it", async () => {
    const { url } = await edge();
    const refused = async (body: string): Promise<unknown> => {
      const answer = await post(url, "/v1/chat/completions", body);
      expect(answer.status).toBe(400);
      expect(answer.headers.get("cache-control")).toBe("no-store");
      return ((await answer.json()) as { error: { code: string; message: string } }).error;
    };
    const intricate = { code: "request_too_intricate" };
    expect(await refused("[".repeat(1 << 19))).toMatchObject(intricate);
    expect(await refused(`{"prompt":${"[".repeat(40)}${"]".repeat(40)}}`)).toMatchObject(intricate);
    expect(await refused(`{"model":"fake","messages":[${"{},".repeat(20_000)}{}]}`)).toMatchObject(intricate);
  });

  test("that leaves in the middle of its request is no fault of ours", async () => {
    const { url, logs } = await edge();
    const request = await pouring(url);
    request.on("error", () => {}); // that it hung up
    const gone = new Promise((resolve) => request.once("close", resolve));
    request.write("{");
    request.destroy();
    await gone;
    expect((await post(url, "/v1/completions", { model: "fake", prompt: "a" })).status).toBe(200);
    expect(await (await fetch(`${url}/metrics`)).text()).not.toContain('cutlayer_faults_total{where="http"}');
    expect(logs.join("")).not.toContain("a fault");
  });

  test("whose text cannot fit is told so before anybody tokenizes it", async () => {
    let encoded = 0;
    const { url } = await edge({
      tokenizer: {
        ...fakeTokenizer,
        encode: (text) => (encoded++, fakeTokenizer.encode(text)),
        conversation: (turns) => (encoded++, fakeTokenizer.conversation(turns)),
      },
    });
    const long = "a".repeat(64 * 64 + 1);
    for (const [path, asked] of [
      ["completions", { prompt: long }],
      ["chat/completions", { messages: [{ role: "user", content: long }] }],
    ] as const) {
      const answer = await post(url, `/v1/${path}`, { model: "fake", ...asked });
      expect(answer.status).toBe(400);
      expect(await answer.text()).toContain("a context of 64 tokens");
    }
    expect(encoded).toBe(0);
  });
});

describe("chat", () => {
  const request = {
    model: "fake",
    messages: [{ role: "user", content: [{ type: "text", text: "cab" }] }],
    temperature: 0,
    max_tokens: 4,
  };

  test("whole and as a stream", async () => {
    const { url } = await edge();
    expect(await (await post(url, "/v1/chat/completions", request)).json()).toMatchObject({
      object: "chat.completion",
      choices: [{ message: { role: "assistant", content: continued("cab", 4) }, finish_reason: "length" }],
    });
    const sent = events(await (await post(url, "/v1/chat/completions", { ...request, stream: true })).text());
    const deltas = sent.slice(0, -1).map(
      (data) =>
        (
          JSON.parse(data) as {
            choices: { delta: { role?: string; content?: string }; finish_reason: string | null }[];
          }
        ).choices[0],
    );
    expect(deltas[0]?.delta).toEqual({ role: "assistant", content: "" });
    expect(deltas.map((choice) => choice?.delta.content ?? "").join("")).toBe(continued("cab", 4));
    expect(deltas.at(-1)).toMatchObject({ delta: {}, finish_reason: "length" });
    expect(sent.at(-1)).toBe("[DONE]");
  });

  test("a call becomes tool_calls; what only looked like one stays text", () => {
    const shaped = (text: string, tools = ["Book"], reason: "stop" | "length" = "stop") => {
      const answer = chatShape({ id: "1", createdMs: 0, model: "m", promptTokens: 1, tools });
      const chunks = [
        { kind: "call" } as const,
        { kind: "piece", text } as const,
        { kind: "end", reason, completionTokens: 3 } as const,
      ].flatMap((event) => answer.take(event));
      return {
        chunks: chunks as readonly { choices: { delta: unknown; finish_reason: unknown }[] }[],
        whole: answer.whole(),
      };
    };
    const call = shaped('{"name":"Book","arguments":{"seats":2}}');
    const made = { type: "function", function: { name: "Book", arguments: '{"seats":2}' } };
    expect(call.whole).toMatchObject({
      choices: [{ message: { content: null, tool_calls: [made] }, finish_reason: "tool_calls" }],
    });
    expect(call.chunks.map(({ choices }) => choices[0]?.delta)).toMatchObject([
      { role: "assistant", content: null },
      { tool_calls: [{ index: 0, ...made }] },
      {},
    ]);
    expect(call.chunks.at(-1)?.choices[0]?.finish_reason).toBe("tool_calls");
    expect(shaped("{half").whole).toMatchObject({
      choices: [{ message: { content: "{half" }, finish_reason: "stop" }],
    });
    expect(readCall('{"arguments":{}}')).toBeNull();
    // nobody offered it
    expect(shaped('{"name":"Book","arguments":{}}', ["Cancel"]).whole).toMatchObject({
      choices: [{ message: { content: '{"name":"Book","arguments":{}}' }, finish_reason: "stop" }],
    });
    // cut off
    expect(shaped('{"name":"Book","arguments":{"sea', ["Book"], "length").whole).toMatchObject({
      choices: [
        {
          message: { content: null, tool_calls: [{ function: { name: "Book", arguments: '{"sea' } }] },
          finish_reason: "length",
        },
      ],
    });
    expect(shaped('{"name":"Bo', ["Book"], "length").whole).toMatchObject({
      choices: [{ message: { content: '{"name":"Bo' }, finish_reason: "length" }],
    });
  });

  test("roles are the model's own, and what the system says to one without that role goes before the user's words", () => {
    const roles = ["user", "assistant", "call", "result"];
    const spoken: Tokenizer = {
      encode: (text) => Array.from(text, (letter) => letter.charCodeAt(0)),
      prompt: (text) => spoken.encode(text),
      decode: (ids) =>
        ids.map((id) => (id >= 1000 ? `<|${roles[id - 1000] ?? ""}|>` : String.fromCharCode(id))).join(""),
      conversation: (messages) =>
        messages.flatMap(({ role, content }) => [
          ...(roles.includes(role) ? [1000 + roles.indexOf(role)] : spoken.encode(`<|${role}|>`)),
          ...spoken.encode(content),
        ]),
    };
    const turn = (
      role: "user" | "assistant" | "tool" | "system",
      content: string,
      calls: { name: string; arguments: string }[] = [],
    ) => ({ role, content, calls });
    const ids = promptOf(spoken, [
      turn("user", "hi"),
      turn("assistant", "", [{ name: "F", arguments: "{}" }]),
      turn("tool", "ok"),
    ]);
    expect(ids.ok && spoken.decode(ids.value)).toBe('<|user|>hi<|call|>{"name":"F","arguments":{}}<|result|>ok');
    const written = (...given: Parameters<typeof promptOf>) => {
      const read = promptOf(...given);
      return read.ok ? spoken.decode(read.value) : read.failure;
    };
    const polite = [turn("system", "be nice"), turn("user", "hi")];
    expect(written(spoken, polite)).toBe("<|user|>be nice\n\nhi");
    expect(written(spoken, polite, openingFor("none", []))).toBe("<|user|>be nice\n\nhi<|assistant|>");
    expect(written(spoken, polite, openingFor("required", ["F", "G"]))).toBe("<|user|>be nice\n\nhi<|call|>");
    expect(written(spoken, polite, openingFor("required", ["F"]))).toBe('<|user|>be nice\n\nhi<|call|>{"name":"F');
    expect(written(spoken, polite, openingFor({ name: "G" }, ["F", "G"]))).toContain('{"name":"G');
    expect(promptOf(spoken, [turn("system", "be nice")])).toMatchObject({
      ok: false,
      failure: { code: "bad-value", key: "messages" },
    });
    expect(promptOf(fakeTokenizer, [turn("system", "a")])).toMatchObject({ ok: true }); // a model with a template of its own gets the roles as they are
  });
});

describe("errors", () => {
  const good = { model: "fake", prompt: "a", max_tokens: 1 };
  test.each([
    [404, "model_not_found", { ...good, model: "gpt" }],
    [400, "bad-value", { ...good, temperature: 3 }],
    [400, "bad-value", { ...good, n: 2 }],
    [400, "bad-value", { ...good, logit_bias: { 3: 1 } }],
    [400, "bad-value", { ...good, min_p: 0.1 }],
    [400, "bad-value", { ...good, repetition_penalty: 1.1 }],
    [400, "bad-value", { ...good, stop_token_ids: [3] }],
    [400, "bad-value", { ...good, grammar: "root ::= a" }],
    [400, "bad-value", { ...good, prompt: [] }],
    [400, "bad-value", { ...good, prompt: [99] }],
    [400, "bad-value", { model: "fake" }],
    [400, "context_length_exceeded", { ...good, prompt: "a".repeat(65) }],
    [400, "invalid_json", "{"],
    [413, "request_too_large", `"${"a".repeat(5 << 20)}"`],
  ] as const)("%i %s", async (status, code, body) => {
    const { url } = await edge();
    const answer = await post(url, "/v1/completions", body);
    expect(answer.status).toBe(status);
    const { error } = (await answer.json()) as { error: Record<string, unknown> };
    expect(error).toMatchObject({ code });
    expect(error["message"]).toMatch(/\w+/);
  });

  test("a full edge, a missing token, a foreign page", async () => {
    const full = await edge({ limits: { kvBytes: 1 } });
    const answer = await post(full.url, "/v1/completions", good);
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([429, "2"]);
    const closed = await edge({ accessToken: "sesame" });
    expect((await post(closed.url, "/v1/completions", good)).status).toBe(401);
    expect((await post(closed.url, "/v1/completions", good, { authorization: "Bearer sesame" })).status).toBe(200);
    expect((await post(full.url, "/v1/completions", good, { origin: "https://evil.example" })).status).toBe(401);
    expect(await (await fetch(`${full.url}/v1/models/fake`)).json()).toMatchObject({ id: "fake", object: "model" });
    expect((await fetch(`${full.url}/v1/models/gpt`)).status).toBe(404);
    expect((await fetch(`${full.url}/v1/nothing`)).status).toBe(404);
    expect((await fetch(`${full.url}/v1/completions`)).status).toBe(405);
  });
});

test("what is intricate is counted outside of texts", () => {
  const limits = { depth: 3, structures: 4 };
  expect(tooIntricate('{"a":["[[[[[[","\\"[[[[[",{}]}', limits)).toBeNull();
  expect(tooIntricate("[[[[", limits)).toContain("3 deep");
  expect(tooIntricate("[[],[],[],[]]", limits)).toContain("4 lists");
  expect(tooIntricate('["', limits)).toBeNull(); // not JSON, as the parser will say
  fc.assert(
    fc.property(fc.json({ maxDepth: 3 }), (text) => {
      expect(tooIntricate(text, { depth: 5, structures: text.length })).toBeNull();
    }),
  );
});

test("stop texts are found however the text is cut into pieces, and nothing of them gets out", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 30 }),
      fc.array(fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 4 }), { maxLength: 3 }),
      fc.array(fc.integer({ min: 1, max: 4 })),
      (text, stops, sizes) => {
        const stopText = new StopText(stops);
        let out = "";
        let rest = text;
        for (let piece = 0; rest !== ""; piece++) {
          const size = sizes[piece] ?? 1;
          out += stopText.push(rest.slice(0, size));
          rest = rest.slice(size);
        }
        out += stopText.flush();
        const stopped = stops.some((stop) => text.includes(stop));
        expect(stopText.stopped).toBe(stopped);
        expect(stopped ? text.slice(0, out.length) : text).toBe(out);
        for (const stop of stops) expect(out).not.toContain(stop);
      },
    ),
  );
});
