/**
 * "Break it": one fault, put in on purpose, that the reference check must notice. A fault is a
 * wrapper around a port, so the strategy under test runs exactly as it ships.
 */
import type { Codec } from "#core/codec/codec.ts";
import { MODES, type Mode } from "#core/run/config.ts";
import { factsOf } from "#core/strategies/table.ts";
import { fail, unwrap } from "#core/run/failure.ts";
import type { Sabotage } from "#core/run/worker-api.ts";
import type { UpMessage } from "#wire/messages.ts";
import type { EdgeSession, SegmentSession, Unnumbered } from "../ports.ts";

type Question = Unnumbered<UpMessage>;

/** Throws Failed `keys-conflict` where the mode has nothing that could be broken this way. */
export function mustBeBreakable(sabotage: Sabotage, mode: Mode): void {
  const breakable = MODES.filter((each) => factsOf(each).faults.includes(sabotage.kind));
  if (!breakable.includes(mode))
    fail({
      code: "keys-conflict",
      keys: ["sabotage", "mode"],
      why: `${mode} has nothing that ${sabotage.kind} could break; ${breakable.join(", ")} have`,
    });
}

export function breakEdge(session: EdgeSession, sabotage: Sabotage, codec: Codec, width: number): EdgeSession {
  const broken =
    sabotage.kind === "corrupt-activation" ? corrupting(sabotage.atToken, codec, width) : lagging(sabotage.atToken);
  return {
    welcome: session.welcome,
    ask: (message, signal) => session.ask(broken(message), signal),
    stream: (message, signal) => session.stream(message, signal),
    close: () => session.close(),
  };
}

/** How much too large: past it no later block's contribution to the residual stream counts. */
const GAIN = 256;

/** The smashed data of one token reaches the edge with its channels in reverse order and far too large, as flipped exponent bits would have it. */
function corrupting(atToken: number, codec: Codec, width: number): (message: Question) => Question {
  let token = 0;
  return (message) => {
    if (message.kind !== "activations" || message.want === "none" || token++ !== atToken) return message;
    const values = unwrap(codec.decode(message.payload, message.count, width)); // [count, width]
    const last = values.subarray(-width).reverse();
    for (let channel = 0; channel < width; channel++) last[channel] = GAIN * (last[channel] ?? 0);
    return { ...message, payload: codec.encode(values, message.count, width) };
  };
}

/** From one token on every step begins a position too low and again where the last one began: what was cached there is lost. */
function lagging(atToken: number): (message: Question) => Question {
  const short = rewoundShort(atToken);
  return (message) =>
    message.kind === "activations" && message.want !== "none"
      ? { ...message, position: short(message.position) }
      : message;
}

function rewoundShort(atToken: number): (position: number) => number {
  let token = 0;
  let stuck = Infinity;
  return (position) => {
    if (token++ === atToken) stuck = Math.max(0, position - 1);
    return Math.min(position, stuck);
  };
}

/** The same fault in a session on the device itself. */
export function breakDevice(session: SegmentSession, sabotage: Sabotage): SegmentSession {
  const short = rewoundShort(sabotage.atToken);
  return {
    segment: session.segment,
    capacity: session.capacity,
    get position() {
      return session.position;
    },
    step: (input, position, want) => session.step(input, short(position), want),
    rewind: (position) => session.rewind(position),
    exportKv: (from, to, positions) => session.exportKv(from, to, positions),
    importKv: (slice) => session.importKv(slice),
    memory: () => session.memory(),
    close: () => session.close(),
  };
}
