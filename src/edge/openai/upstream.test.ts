/** What a server behind this one does, well or badly, as a client of this one sees it. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { edgesOf, until } from "../testing/harness.ts";

const edge = edgesOf(afterEach);
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const KEY = "sk-secret-of-the-owner";

interface Behind {
  readonly url: string;
  readonly asked: { readonly path: string; readonly authorization: string | undefined; readonly body: unknown }[];
  left: number;
}

/** It lists `big`, and answers as it is told to. */
async function behind(answer: (response: ServerResponse, request: IncomingMessage) => void): Promise<Behind> {
  const seen: Behind = { url: "", asked: [], left: 0 };
  const server = createServer((request, response) => {
    response.on("error", () => undefined);
    if (request.url === "/v1/models") {
      response.writeHead(200, { "content-type": "application/json" });
      return response.end(JSON.stringify({ object: "list", data: [{ id: "big" }, { id: "fake" }, { no: "id" }] }));
    }
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
      seen.asked.push({ path: request.url ?? "", authorization: request.headers.authorization, body });
      response.on("close", () => seen.left++);
      answer(response, request);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(seen, { url: `http://127.0.0.1:${port}/v1` });
}

const over = async (to: Behind, answersWithinMs = 2_000) =>
  edge({ upstream: { url: to.url, key: KEY, answersWithinMs } });

const ask = (url: string, more: object = {}, init: RequestInit = {}): Promise<Response> =>
  fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "big", messages: [{ role: "user", content: "Hi" }], min_p: 0.1, ...more }),
    ...init,
  });

const json =
  (status: number, value: unknown, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof value === "string" ? value : JSON.stringify(value));
  };

describe("a server behind this one", () => {
  test("its models are listed beside our own, which stay ours, and what names one goes to it as it came", async () => {
    const big = await behind(json(200, { id: "x", choices: [{ message: { content: "Hello" } }] }));
    const { url } = await over(big);
    const listed = (await (await fetch(`${url}/v1/models`)).json()) as { data: { id: string; owned_by: string }[] };
    expect(listed.data.map(({ id, owned_by }) => [id, owned_by])).toEqual([
      ["fake", "cutlayer"],
      ["big", "upstream"],
    ]);
    expect((await fetch(`${url}/v1/models/big`)).status).toBe(200);
    const answer = await ask(url);
    expect(answer.headers.get("x-cutlayer-upstream")).toBe("1");
    expect(await answer.json()).toMatchObject({ choices: [{ message: { content: "Hello" } }] });
    expect(big.asked).toMatchObject([
      { path: "/v1/chat/completions", authorization: `Bearer ${KEY}`, body: { min_p: 0.1 } },
    ]);
    const own = await ask(url, { model: "fake", max_tokens: 2, min_p: undefined });
    expect(own.headers.get("x-cutlayer-upstream")).toBeNull();
    expect((await ask(url, { model: "nobody", min_p: undefined })).status).toBe(404);
  });

  test("a stream comes as it comes, and one that breaks off says so and has no [DONE]", async () => {
    const streaming = await behind((response, request) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write('data: {"n":1}\n\n');
      setTimeout(() => {
        if (request.url?.endsWith("/completions") === true && !request.url.includes("chat")) response.destroy();
        else response.end('data: {"n":2}\n\ndata: [DONE]\n\n');
      }, 30);
    });
    const { url } = await over(streaming);
    expect(await (await ask(url, { stream: true })).text()).toBe('data: {"n":1}\n\ndata: {"n":2}\n\ndata: [DONE]\n\n');
    const broken = await fetch(`${url}/v1/completions`, {
      method: "POST",
      body: JSON.stringify({ model: "big", prompt: "x", stream: true }),
    });
    const text = await broken.text();
    expect(text).toContain('data: {"n":1}');
    expect(text).toMatch(/"code":"upstream_failed"/);
    expect(text).not.toContain("[DONE]");
  });

  test("a client that leaves ends its answer there too", async () => {
    const slow = await behind((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("data: 1\n\n");
    });
    const { url } = await over(slow);
    const leaving = new AbortController();
    const answer = await ask(url, { stream: true }, { signal: leaving.signal });
    await answer.body?.getReader().read();
    leaving.abort();
    await until(() => slow.left === 1);
  });

  const CASES: readonly (readonly [string, (response: ServerResponse) => void, number, string])[] = [
    ["refuses our key", json(401, { error: { message: `bad key ${KEY}` } }), 502, "upstream_refused"],
    ["is busy", json(429, { error: { message: "slow down" } }, { "retry-after": "7" }), 429, "upstream_busy"],
    ["fails", json(500, "<h1>oops</h1>"), 502, "upstream_failed"],
    ["answers with what is not JSON", json(200, "not json"), 502, "upstream_failed"],
    [
      "says what is wrong with the request",
      json(400, { error: { message: "no", code: "their_own" } }),
      400,
      "their_own",
    ],
    [
      "sends us on elsewhere",
      (response) => response.writeHead(307, { location: "http://127.0.0.1:1/" }).end(),
      502,
      "upstream_unreachable",
    ],
    ["never answers", () => undefined, 504, "upstream_timeout"],
  ];
  test.each(CASES)("one that %s", async (_, answer, status, code) => {
    const { url, logs } = await over(await behind(answer), 300);
    const told = await ask(url);
    const text = await told.text();
    expect([told.status, (JSON.parse(text) as { error: { code: string } }).error.code]).toEqual([status, code]);
    if (status === 429) expect(told.headers.get("retry-after")).toBe("7");
    expect(text + logs.join("")).not.toContain(KEY);
  });

  test("one that is not there lists nothing, and costs nobody more than a look", async () => {
    const { url } = await edge({ upstream: { url: "http://127.0.0.1:1/v1", key: null } });
    const listed = (await (await fetch(`${url}/v1/models`)).json()) as { data: { id: string }[] };
    expect(listed.data.map(({ id }) => id)).toEqual(["fake"]);
    expect(await (await ask(url, { min_p: undefined })).json()).toMatchObject({ error: { code: "model_not_found" } });
  });
});
