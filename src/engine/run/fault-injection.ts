/**
 * "Break it": one fault, put in on purpose, that the reference check must notice. A fault is a
 * wrapper around a port, so the strategy under test runs exactly as it ships.
 */
import type { Codec } from "#core/codec/codec.ts";
import { MODES, type Mode } from "#core/run/config.ts";
import { factsOf } from "#core/strategies/table.ts";
import { fail, unwrap } from "#core/run/failure.ts";
import type { InjectedFault } from "#core/run/record/injected-fault.ts";
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

/** Hears what a fault did, as it is put in. */
export type FaultListener = (fault: InjectedFault) => void;

export function breakEdge(
  session: EdgeSession,
  sabotage: Sabotage,
  { codec, width }: { readonly codec: Codec; readonly width: number },
  onFault: FaultListener,
): EdgeSession {
  const broken =
    sabotage.kind === "corrupt-activation"
      ? corrupting(sabotage.atToken, codec, width, onFault)
      : lagging(sabotage.atToken, onFault);
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
function corrupting(
  atToken: number,
  codec: Codec,
  width: number,
  onFault: FaultListener,
): (message: Question) => Question {
  let token = 0;
  return (message) => {
    if (message.kind !== "activations" || message.want === "none" || token++ !== atToken) return message;
    const values = unwrap(codec.decode(message.payload, message.count, width)); // [count, width]
    const before = values.slice(-width);
    const last = values.subarray(-width).reverse();
    for (let channel = 0; channel < width; channel++) last[channel] = GAIN * (last[channel] ?? 0);
    onFault({
      kind: "corrupt-activation",
      token: atToken,
      position: message.position + message.count - 1,
      values: width,
      ...largestChange(before, last),
    });
    return { ...message, payload: codec.encode(values, message.count, width) };
  };
}

function largestChange(
  from: Float32Array,
  to: Float32Array,
): { readonly channel: number; readonly before: number; readonly after: number } {
  const change = (at: number): number => Math.abs((to[at] ?? 0) - (from[at] ?? 0));
  const channel = from.reduce((most, _value, at) => (change(at) > change(most) ? at : most), 0);
  return { channel, before: from[channel] ?? 0, after: to[channel] ?? 0 };
}

/** From one token on every step begins a position too low and again where the last one began: what was cached there is lost. */
function lagging(atToken: number, onFault: FaultListener): (message: Question) => Question {
  const short = rewoundShort(atToken, onFault);
  return (message) =>
    message.kind === "activations" && message.want !== "none"
      ? { ...message, position: short(message.position) }
      : message;
}

function rewoundShort(atToken: number, onFault: FaultListener): (position: number) => number {
  let token = 0;
  let stuck = Infinity;
  return (position) => {
    if (token++ === atToken) {
      stuck = Math.max(0, position - 1);
      onFault({ kind: "rewind-short", token: atToken, position, computedAt: stuck });
    }
    return Math.min(position, stuck);
  };
}

/** The same fault in a session on the device itself. */
export function breakDevice(session: SegmentSession, sabotage: Sabotage, onFault: FaultListener): SegmentSession {
  const short = rewoundShort(sabotage.atToken, onFault);
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
