/** `POST /class`: what a class's tabs ask, read strictly and answered as `core/run/class-messages.ts` says, or with a coded failure. */
import { classAsk, type ClassAsk } from "#core/run/class-messages.ts";
import { refuse, type Failure, type Result } from "#core/run/failure.ts";
import { describeFailure } from "#core/run/failure/failure-text.ts";
import { readStrictly } from "#core/schema/strict.ts";
import { accessDenied, bearerOf } from "../http/access.ts";
import { readBody, type BodyRead } from "../http/body.ts";
import type { HttpExchange } from "../http/exchange.ts";
import { originObjection } from "../http/origins.ts";
import type { Answerer } from "../http/router.ts";
import type { Log } from "../status/log.ts";
import type { Meters } from "../status/meters.ts";
import { Classes, CLASS_LIMITS, type Asking } from "./classes.ts";

const SWEEP_EVERY_MS = 30_000;
/** A shared run is the largest: some 400 bytes, two objects. */
const BODY_LIMITS = { bytes: 2048, depth: 4, structures: 8 };
const RETRY_AFTER_S = "2";

export interface ClassServices {
  readonly accessToken: string | null;
  readonly draining: () => boolean;
  readonly retryAfterMs: number;
  readonly meters: Meters;
  readonly log: Log;
}

export interface ClassRoutes {
  readonly answerer: Answerer;
  /** Drops every class. */
  readonly close: () => void;
}

export function classRoutes(services: ClassServices): ClassRoutes {
  const { log } = services;
  const classes = new Classes(CLASS_LIMITS, (end) => log.info(end, "class ended"));
  const sweeping = setInterval(() => classes.sweep(performance.now()), SWEEP_EVERY_MS).unref();
  return {
    answerer: async (exchange) => {
      if (exchange.path !== "/class") return false;
      exchange.response.setHeader("Cache-Control", "no-store");
      if (exchange.method === "POST") await answer(exchange, classes, services);
      else exchange.notAllowed("POST");
      return true;
    },
    close: () => {
      clearInterval(sweeping);
      classes.close();
    },
  };
}

async function answer(exchange: HttpExchange, classes: Classes, services: ClassServices): Promise<void> {
  const denied = originObjection(exchange.origin) ?? accessDenied(services.accessToken, bearerOf(exchange));
  if (denied !== null) return tell(exchange, services, denied);
  const body = await readBody(exchange, BODY_LIMITS);
  if (body.kind === "gone") return;
  if (body.kind !== "json") return tell(exchange, services, unfitBody(body));
  const ask = readStrictly(classAsk, body.value, "class");
  const asking = { peer: exchange.peer, nowMs: performance.now() };
  const answered = ask.ok ? answerTo(ask.value, classes, asking, services) : ask;
  if (answered.ok) exchange.json(200, answered.value);
  else tell(exchange, services, answered.failure);
}

function answerTo(ask: ClassAsk, classes: Classes, asking: Asking, services: ClassServices): Result<object> {
  switch (ask.ask) {
    case "open": {
      const { draining, retryAfterMs, log } = services;
      if (draining()) return refuse({ code: "edge-draining", retryAfterMs });
      const opened = classes.open(ask, asking);
      if (opened.ok) log.info({ classes: classes.count, lesson: ask.lesson }, "class opened");
      return opened;
    }
    case "join":
      return classes.join(ask, asking);
    case "predict":
      return classes.predict(ask, asking);
    case "share":
      return classes.share(ask, asking);
    case "look":
      return classes.look(ask, asking);
    case "end":
      return classes.end(ask, asking);
  }
}

/** A body that is no message at all. */
function unfitBody(body: Exclude<BodyRead, { readonly kind: "json" | "gone" }>): Failure {
  const said = body.kind === "too-large" ? `more than ${body.limit} bytes` : body.why;
  return { code: "bad-value", key: "class", value: said, expected: `JSON of at most ${BODY_LIMITS.bytes} bytes` };
}

type Reason = Extract<Failure, { readonly code: "class-refused" }>["reason"];
const STATUS: Readonly<Record<Reason, number>> = {
  unknown: 404,
  full: 409,
  "too-many": 409,
  "not-lecturer": 403,
  "too-fast": 429,
  "no-edge": 404,
};

function statusOf(failure: Failure): number {
  switch (failure.code) {
    case "class-refused":
      return STATUS[failure.reason];
    case "access-denied":
      return 401;
    case "edge-draining":
      return 503;
    default:
      return 400;
  }
}

/** The failure itself for the page, and its sentences for whoever reads the answer as it is. */
function tell(exchange: HttpExchange, { meters }: ClassServices, failure: Failure): void {
  meters.refusals.inc({ code: failure.code });
  const status = statusOf(failure);
  const { title, detail, next } = describeFailure(failure);
  const message = [title, detail, next].filter((sentence) => sentence !== "").join(" ");
  // What was not read to its end is not read on.
  const closing = exchange.request.complete ? {} : { Connection: "close" };
  exchange.json(status, { failure, message }, status === 429 ? { "Retry-After": RETRY_AFTER_S, ...closing } : closing);
}
