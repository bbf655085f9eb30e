/**
 * Which part of the server answers a request. A request that throws is answered with an error and
 * counted; the server goes on.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { errorFields, type Log } from "../status/log.ts";
import type { Meters } from "../status/meters.ts";
import { sendContent } from "./content.ts";
import { mayRead } from "./access.ts";
import { HttpExchange, preflight } from "./exchange.ts";
import type { ModelContents } from "./model-files.ts";
import { hostAsked, type HostPolicy } from "./hosts.ts";
import type { OriginPolicy } from "./origins.ts";
import type { PeerPolicy } from "./peer.ts";
import type { PageFiles } from "./page.ts";
import { Pipelines } from "./pipeline.ts";

/** Answers the exchange, or says that it is not its business. */
export type Answerer = (exchange: HttpExchange) => Promise<boolean>;

export interface RouterServices {
  readonly hosts: HostPolicy;
  readonly origins: OriginPolicy;
  readonly peers: PeerPolicy;
  /** Asked in turn before the files. */
  readonly answerers: readonly Answerer[];
  readonly models: ModelContents;
  /** Models' files and weights are for whoever has it; null for everybody. */
  readonly accessToken: string | null;
  readonly page: PageFiles;
  readonly meters: Meters;
  readonly log: Log;
}

export function router({
  hosts,
  origins,
  peers,
  answerers,
  models,
  accessToken,
  page,
  meters,
  log,
}: RouterServices): (request: IncomingMessage, response: ServerResponse) => void {
  const answer = async (exchange: HttpExchange): Promise<void> => {
    const misdirected = hosts(hostAsked(exchange.request));
    if (misdirected !== null) return exchange.misdirected(misdirected);
    if (exchange.method === "OPTIONS") return preflight(exchange);
    for (const answerer of answerers) if (await answerer(exchange)) return;
    const ofModels = /^\/(models|shards)\//.test(exchange.path);
    if (ofModels && !mayRead(exchange, accessToken)) return;
    const content = ofModels ? await models.find(exchange.path) : await page.find(exchange.path);
    return content === null ? exchange.notFound() : sendContent(exchange, content);
  };
  const pipelines = new Pipelines();
  const begin = (request: IncomingMessage, response: ServerResponse): void => {
    const began = performance.now();
    const exchange = new HttpExchange(request, response, origins(request.headers), peers(request));
    response.on("error", () => response.destroy());
    response.on("finish", () => logAnswered(log, exchange, performance.now() - began));
    answer(exchange).catch((thrown: unknown) => {
      meters.faults.inc({ where: "http" });
      log.error({ ...errorFields(thrown), path: exchange.path }, "a fault in a request");
      if (response.headersSent) response.destroy();
      else exchange.text(500, "Something went wrong here; the log of the edge server says what.\n");
    });
  };
  return (request, response) => pipelines.admit(request, response, () => begin(request, response));
}

function logAnswered(log: Log, { method, path, response }: HttpExchange, elapsedMs: number): void {
  log.debug({ method, path, status: response.statusCode, elapsedMs }, "request");
}
