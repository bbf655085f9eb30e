/**
 * One answer: a seat of its own for as long as it takes, tokens turned into pieces of text, stop
 * sequences heeded. Both endpoints and both shapes of answer are made from these events.
 */
import { randomInt } from "node:crypto";
import { wholeModel } from "#core/model/architecture.ts";
import type { ModelManifest } from "#core/model/manifest.ts";
import { failureOf, type Failure } from "#core/run/failure.ts";
import type { Tokenizer } from "#engine/ports.ts";
import { StreamingText } from "#engine/run/record/streaming-text.ts";
import type { SeatSpec } from "../compute/compute.ts";
import type { Seat } from "../seat/seat.ts";
import type { Seats } from "../seat/seats.ts";
import { callBegun, openingOf, type Opening } from "./dialect.ts";
import type { GenerationSettings } from "./requests.ts";
import { StopText } from "./stop-text.ts";

export type AnswerEvent =
  /** What follows is a tool call, all of whose text comes as pieces. */
  | { readonly kind: "call" }
  | { readonly kind: "piece"; readonly text: string }
  | { readonly kind: "end"; readonly reason: "stop" | "length"; readonly completionTokens: number }
  | { readonly kind: "failed"; readonly failure: Failure };

export interface AnswerOrder {
  readonly manifest: ModelManifest;
  readonly tokenizer: Tokenizer;
  readonly ids: readonly number[];
  readonly generation: GenerationSettings;
  readonly maxTokens: number;
  /** The model writes whose turn it is: only what follows such a token is the answer. */
  readonly writesRoles: boolean;
  /** How the answer was begun for the model, at the end of `ids`. */
  readonly opening: Opening;
  /** Tools that the client offers. Without any, a call ends the answer. */
  readonly tools: readonly string[];
  /** From where it was asked for: null where that does not tell clients apart. */
  readonly peer: string | null;
  readonly signal: AbortSignal;
}

export async function* answer(seats: Seats, order: AnswerOrder): AsyncGenerator<AnswerEvent, void, undefined> {
  const { manifest, ids, maxTokens } = order;
  const { context, vocabulary } = manifest.architecture;
  if (ids.length === 0)
    return yield {
      kind: "failed",
      failure: { code: "bad-value", key: "prompt", value: "nothing", expected: "at least one token" },
    };
  if (ids.length > context)
    return yield { kind: "failed", failure: { code: "prompt-too-long", tokens: ids.length, capacity: context } };
  if (ids.some((id) => id >= vocabulary))
    return yield {
      kind: "failed",
      failure: { code: "bad-value", key: "prompt", value: "a token id", expected: `ids below ${vocabulary}` },
    };
  const seat = await seats.take(specOf(order, Math.min(context, ids.length + maxTokens)), order.peer);
  if (!seat.ok) return yield { kind: "failed", failure: seat.failure };
  order.signal.addEventListener("abort", () => seat.value.cancel(), { once: true });
  try {
    yield* textOf(order, seat.value.generate(0, Uint32Array.from(ids), maxTokens, order.signal));
  } catch (thrown) {
    yield { kind: "failed", failure: failureOf(thrown, "generating an answer") };
  } finally {
    await seat.value.release();
  }
}

async function* textOf(
  order: AnswerOrder,
  tokens: ReturnType<Seat["generate"]>,
): AsyncGenerator<AnswerEvent, void, undefined> {
  const text = new StreamingText(order.tokenizer, order.manifest.stopIds);
  const stop = new StopText(order.generation.stop);
  let count = 0;
  let reason: "stop" | "length" = "stop";
  // Before it opens its own turn such a model still goes on with the user's: that is no answer.
  let opened = !order.writesRoles || order.opening !== null;
  yield* begunOf(order.opening);
  for await (const token of tokens) {
    if (!token.ok) return yield { kind: "failed", failure: token.failure };
    const { id, finish } = token.value;
    if (finish === "length" || finish === "context") reason = "length";
    const opening = order.writesRoles ? openingOf(order.tokenizer, id) : "text";
    opened ||= opening !== "text";
    if (opened) count++;
    if (opening === "call" && order.tools.length === 0) break; // nobody offered it
    const piece = opening === "text" && opened ? stop.push(text.push(id)) : "";
    if (piece !== "") yield { kind: "piece", text: piece };
    if (opening === "call") yield { kind: "call" };
    if (stop.stopped) return yield { kind: "end", reason: "stop", completionTokens: count };
  }
  const rest = stop.push(text.flush()) + stop.flush();
  if (rest !== "") yield { kind: "piece", text: rest };
  yield { kind: "end", reason, completionTokens: count };
}

/** What of the answer was written for the model. */
function* begunOf(opening: Opening): Generator<AnswerEvent, void, undefined> {
  if (opening?.kind !== "call") return;
  yield { kind: "call" };
  if (opening.name !== null) yield { kind: "piece", text: callBegun(opening.name) };
}

function specOf({ manifest, generation }: AnswerOrder, capacity: number): SeatSpec {
  const seed = generation.sampling.seed ?? randomInt(2 ** 32);
  return {
    model: manifest.name,
    segment: wholeModel(manifest.architecture),
    codec: "f32",
    capacity,
    kvCache: true,
    sampling: { ...generation.sampling, seed },
    verify: null,
    draft: null,
    edgeLoad: 1,
  };
}
