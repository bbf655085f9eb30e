/**
 * `/v1/models`, `/v1/completions` and `/v1/chat/completions` as OpenAI's clients speak them, on the
 * same seats and queue as the sessions.
 * Source: the OpenAI API reference; server-sent events after the HTML standard.
 */
import { randomBytes } from "node:crypto";
import { failureOf, refuse, type Failure, type Result } from "#core/run/failure.ts";
import type { ModelManifest } from "#core/model/manifest.ts";
import type { Tokenizer } from "#engine/ports.ts";
import { accessDenied, bearerOf } from "../http/access.ts";
import { isRecord } from "#core/schema/json.ts";
import { readBody, type BodyRead } from "../http/body.ts";
import type { HttpExchange } from "../http/exchange.ts";
import { originObjection } from "../http/origins.ts";
import type { Answerer } from "../http/router.ts";
import type { Seats } from "../seat/seats.ts";
import type { Log } from "../status/log.ts";
import type { Meters } from "../status/meters.ts";
import { chatShape, completionShape, type AnswerShape } from "./answer-shapes.ts";
import { openingFor, promptOf, writesRoles } from "./dialect.ts";
import { apiError } from "./errors.ts";
import { answer, type AnswerOrder } from "./generation.ts";
import type { Upstream } from "./upstream.ts";
import { readChatRequest, readCompletionRequest } from "./requests.ts";

export interface ApiModel {
  readonly manifest: ModelManifest;
  /** Throws Failed: model-broken. */
  readonly tokenizer: () => Promise<Tokenizer>;
}

export interface ApiServices {
  readonly models: ReadonlyMap<string, ApiModel>;
  readonly seats: Seats;
  readonly accessToken: string | null;
  readonly meters: Meters;
  readonly log: Log;
  readonly startedMs: number;
  /** Answers for models that are not here; null where nothing stands behind this server. */
  readonly upstream: Upstream | null;
}

const BODY_LIMITS = { bytes: 1 << 20, depth: 32, structures: 10_000 };
/** What this API's completions give when nothing is asked for; a chat may use the context. */
const COMPLETION_TOKENS = 16;

type Order = Omit<AnswerOrder, "peer" | "signal">;

export function apiAnswerer(services: ApiServices): Answerer {
  const routes: Readonly<Record<string, (exchange: HttpExchange) => Promise<void>>> = {
    "/v1/models": async (exchange) =>
      exchange.reads ? exchange.json(200, await listModels(services)) : exchange.notAllowed("GET"),
    "/v1/completions": (exchange) => generate(exchange, services, orderCompletion, completionShape),
    "/v1/chat/completions": (exchange) => generate(exchange, services, orderChat, chatShape),
  };
  return async (exchange) => {
    if (!exchange.path.startsWith("/v1/")) return false;
    exchange.response.setHeader("Cache-Control", "no-store"); // answers are of one client alone
    const route = Object.hasOwn(routes, exchange.path) ? routes[exchange.path] : modelRoute(exchange.path, services);
    const denied = refusedBefore(exchange, services.accessToken);
    if (route === undefined) exchange.json(404, invalidRequest("There is no such endpoint here.", "not_found"));
    else if (denied !== null) tell(exchange, services, denied);
    else await route(exchange);
    return true;
  };
}

const refusedBefore = (exchange: HttpExchange, accessToken: string | null): Failure | null =>
  originObjection(exchange.origin) ?? accessDenied(accessToken, bearerOf(exchange));

const modelEntry = (id: string, { startedMs, seats }: ApiServices): unknown => ({
  id,
  object: "model",
  created: Math.floor(startedMs / 1000),
  owned_by: seats.listed.includes(id) ? "cutlayer" : "upstream",
});

/** Its own first: what is here is not asked for elsewhere. */
async function namesOf({ seats, upstream }: ApiServices): Promise<readonly string[]> {
  const behind = (await upstream?.models()) ?? [];
  return [...new Set([...seats.listed, ...behind])];
}

const listModels = async (services: ApiServices): Promise<unknown> => ({
  object: "list",
  data: (await namesOf(services)).map((id) => modelEntry(id, services)),
});

/** `/v1/models/NAME`. */
function modelRoute(path: string, services: ApiServices): ((exchange: HttpExchange) => Promise<void>) | undefined {
  const name = /^\/v1\/models\/([^/]+)$/.exec(path)?.[1];
  if (name === undefined) return undefined;
  return async (exchange) => {
    if (!exchange.reads) return exchange.notAllowed("GET");
    const known = await namesOf(services);
    const id = known.find((each) => encodeURIComponent(each) === name || each === name);
    if (id === undefined) tell(exchange, services, { code: "unknown-model", model: name.slice(0, 80), known });
    else exchange.json(200, modelEntry(id, services));
  };
}

async function orderCompletion(body: unknown, services: ApiServices): Promise<Result<Order>> {
  const request = readCompletionRequest(body);
  if (!request.ok) return request;
  const model = await modelOf(request.value.model, services);
  if (!model.ok) return model;
  const { manifest, tokenizer } = model.value;
  const { prompt, generation } = request.value;
  const long = typeof prompt === "string" ? tooLong(prompt.length, manifest) : null;
  if (long !== null) return refuse(long);
  const ids = typeof prompt === "string" ? tokenizer.prompt(prompt) : prompt;
  return {
    ok: true,
    value: {
      manifest,
      tokenizer,
      ids,
      generation,
      maxTokens: generation.maxTokens ?? COMPLETION_TOKENS,
      writesRoles: false,
      opening: null,
      tools: [],
    },
  };
}

async function orderChat(body: unknown, services: ApiServices): Promise<Result<Order>> {
  const request = readChatRequest(body);
  if (!request.ok) return request;
  const model = await modelOf(request.value.model, services);
  if (!model.ok) return model;
  const { manifest, tokenizer } = model.value;
  const { messages } = request.value;
  const written = messages.flatMap(({ content, calls }) => [
    content,
    ...calls.map((call) => call.name + call.arguments),
  ]);
  const long = tooLong(
    written.reduce((sum, { length }) => sum + length, 0),
    manifest,
  );
  if (long !== null) return refuse(long);
  const { generation, tools, toolChoice } = request.value;
  const ours = writesRoles(tokenizer);
  if (!ours && toolChoice !== "none") return refuse(callsUnread(manifest.name));
  const opening = ours ? openingFor(toolChoice, tools) : null;
  const ids = promptOf(tokenizer, messages, opening);
  if (!ids.ok) return ids;
  return {
    ok: true,
    value: {
      manifest,
      tokenizer,
      ids: ids.value,
      generation,
      maxTokens: generation.maxTokens ?? manifest.architecture.context,
      writesRoles: ours,
      opening,
      tools: toolChoice === "none" ? [] : tools,
    },
  };
}

const callsUnread = (model: string): Failure => ({
  code: "bad-value",
  key: "tools",
  value: "tools",
  expected: `no tools, or tool_choice "none": how ${model} writes a call is not known here`,
});

/** More characters than a position can stand for: such a text cannot fit, and tokenizing it would hold everybody up. */
const CHARACTERS_PER_POSITION = 64;

function tooLong(characters: number, { architecture: { context } }: ModelManifest): Failure | null {
  const most = CHARACTERS_PER_POSITION * context;
  return characters <= most
    ? null
    : {
        code: "bad-value",
        key: "prompt",
        value: `${characters} characters`,
        expected: `at most ${most} characters: this model has a context of ${context} tokens`,
      };
}

async function modelOf(
  name: string,
  { models, seats }: ApiServices,
): Promise<Result<{ readonly manifest: ModelManifest; readonly tokenizer: Tokenizer }>> {
  const model = models.get(name);
  if (model === undefined) return refuse({ code: "unknown-model", model: name.slice(0, 80), known: seats.listed });
  try {
    return { ok: true, value: { manifest: model.manifest, tokenizer: await model.tokenizer() } };
  } catch (thrown) {
    return refuse(failureOf(thrown, "reading a tokenizer"));
  }
}

async function generate(
  exchange: HttpExchange,
  services: ApiServices,
  order: (body: unknown, services: ApiServices) => Promise<Result<Order>>,
  shape: AnswerShape,
): Promise<void> {
  if (exchange.method !== "POST") return exchange.notAllowed("POST");
  const body = await readBody(exchange, BODY_LIMITS);
  if (body.kind === "gone") return;
  if (body.kind !== "json") return refuseBody(exchange, body);
  const gone = new AbortController();
  exchange.response.on("close", () => gone.abort());
  const behind = await behindFor(body.value, services);
  if (behind !== null) return behind.answer(exchange, body.value, gone.signal);
  const ordered = await order(body.value, services).catch((thrown: unknown) =>
    refuse(failureOf(thrown, "making a prompt into tokens")),
  );
  if (!ordered.ok) return tell(exchange, services, ordered.failure);
  const began = performance.now();
  const full: AnswerOrder = { ...ordered.value, peer: exchange.peer, signal: gone.signal };
  const completionTokens = await (full.generation.stream ? stream : whole)(exchange, services, full, shape);
  services.log.info(
    {
      path: exchange.path,
      model: full.manifest.name,
      promptTokens: full.ids.length,
      completionTokens,
      elapsedMs: performance.now() - began,
    },
    "answered",
  );
}

/** Who answers in this server's place: for a model that is not here, and is there. */
async function behindFor(body: unknown, { models, upstream }: ApiServices): Promise<Upstream | null> {
  const name = isRecord(body) ? body["model"] : undefined;
  if (upstream === null || typeof name !== "string" || models.has(name)) return null;
  return (await upstream.models()).includes(name) ? upstream : null;
}

function refuseBody(exchange: HttpExchange, body: Exclude<BodyRead, { kind: "gone" | "json" }>): void {
  if (body.kind === "too-large") {
    const told = invalidRequest(`A request takes at most ${body.limit} bytes.`, "request_too_large");
    return exchange.json(413, told, { Connection: "close" });
  }
  const intricate = body.kind === "too-intricate";
  const message = intricate ? `The body is too intricate: ${body.why}.` : `The body is not JSON: ${body.why}`;
  exchange.json(400, invalidRequest(message, intricate ? "request_too_intricate" : "invalid_json"));
}

/** An error as this API writes it. */
const invalidRequest = (message: string, code: string): unknown => ({
  error: { message, type: "invalid_request_error", param: null, code },
});

function tell(exchange: HttpExchange, { meters }: ApiServices, failure: Failure): void {
  meters.refusals.inc({ code: failure.code });
  const { status, body, headers } = apiError(failure);
  exchange.json(status, body, headers);
}

const begin = (order: AnswerOrder, shape: AnswerShape) =>
  shape({
    id: randomBytes(12).toString("hex"),
    createdMs: Date.now(),
    model: order.manifest.name,
    promptTokens: order.ids.length,
    tools: order.tools,
  });

/** Both return the number of tokens generated. */
async function whole(
  exchange: HttpExchange,
  services: ApiServices,
  order: AnswerOrder,
  shape: AnswerShape,
): Promise<number> {
  const shaped = begin(order, shape);
  for await (const event of answer(services.seats, order)) {
    if (event.kind === "failed") {
      tell(exchange, services, event.failure);
      return 0;
    }
    shaped.take(event);
  }
  exchange.json(200, shaped.whole());
  return shaped.completionTokens;
}

async function stream(
  exchange: HttpExchange,
  services: ApiServices,
  order: AnswerOrder,
  shape: AnswerShape,
): Promise<number> {
  const shaped = begin(order, shape);
  const { response } = exchange;
  const write = async (data: string): Promise<void> => {
    if (!response.headersSent)
      response.writeHead(200, {
        "Content-Type": "text/event-stream; charset=utf-8",
        "X-Accel-Buffering": "no",
      });
    await exchange.write(`data: ${data}\n\n`);
  };
  for await (const event of answer(services.seats, order)) {
    if (event.kind === "failed" && !response.headersSent) {
      tell(exchange, services, event.failure); // nothing is under way yet: a status can still say it
      return 0;
    }
    if (event.kind === "failed") await write(JSON.stringify(apiError(event.failure).body));
    else for (const chunk of shaped.take(event)) await write(JSON.stringify(chunk));
  }
  if (order.generation.usageInStream) await write(JSON.stringify(shaped.usageChunk()));
  await write("[DONE]");
  response.end();
  return shaped.completionTokens;
}
