/** `/healthz`, `/metrics`, `/status.json` and `/info.json`: what operators and the page ask about the server itself. */
import { availableParallelism } from "node:os";
import type { PluginIdentity } from "#core/plugin/identity.ts";
import { BUILD, type Build } from "#core/run/build.ts";
import { WIRE_VERSION } from "#wire/messages.ts";
import { mayRead } from "../http/access.ts";
import type { HttpExchange } from "../http/exchange.ts";
import type { Answerer } from "../http/router.ts";
import type { StatusBoard } from "./board.ts";
import type { Meters } from "./meters.ts";

/** `/info.json`: for the page's QR code and its account of the edge. */
export interface EdgeInfo {
  readonly build: Build;
  readonly wire: number;
  /** Under which this server can be reached, this machine first, then the local network. */
  readonly urls: readonly string[];
  readonly secure: boolean;
  readonly models: readonly string[];
  readonly cores: number;
  readonly accessTokenNeeded: boolean;
  /** What this server's page is to join before it reads a config. */
  readonly plugins: readonly PluginIdentity[];
  readonly limits: {
    readonly sessions: number;
    readonly kvBytes: number;
    readonly idleTimeoutMs: number;
    readonly queueLength: number;
    readonly maxMessageBytes: number;
  };
}

export interface StatusServices {
  readonly meters: Meters;
  readonly board: StatusBoard;
  /** Whoever has none of it learns that the server lives and what it needs, and no figures. */
  readonly accessToken: string | null;
  readonly draining: () => boolean;
  readonly info: () => Omit<EdgeInfo, "build" | "wire" | "cores">;
}

export function statusAnswerer({ meters, board, accessToken, draining, info }: StatusServices): Answerer {
  /** For those who may see figures. */
  const guarded =
    (answer: (exchange: HttpExchange) => Promise<void>) =>
    async (exchange: HttpExchange): Promise<void> => {
      if (mayRead(exchange, accessToken)) await answer(exchange);
    };
  const answers: Readonly<Record<string, (exchange: HttpExchange) => Promise<void> | void>> = {
    "/healthz": (exchange) =>
      exchange.json(draining() ? 503 : 200, { status: draining() ? "draining" : "ok", models: info().models }),
    "/metrics": guarded(async (exchange) =>
      exchange.text(200, await meters.registry.metrics(), { "Content-Type": meters.registry.contentType }),
    ),
    "/status.json": guarded(async (exchange) => {
      const status = await board.answer(performance.now());
      if (status === null)
        return exchange.text(429, "Too many look at once. Ask again in a second.\n", { "Retry-After": "1" });
      exchange.text(200, status, { "Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store" });
    }),
    "/info.json": (exchange) =>
      exchange.json(200, {
        build: BUILD,
        wire: WIRE_VERSION,
        cores: availableParallelism(),
        ...info(),
      } satisfies EdgeInfo),
  };
  return async (exchange) => {
    const answer = Object.hasOwn(answers, exchange.path) ? answers[exchange.path] : undefined;
    if (answer === undefined) return false;
    if (exchange.reads) await answer(exchange);
    else exchange.notAllowed("GET", "HEAD");
    return true;
  };
}
