/** The steps of a move: prepared, carried or rebuilt, committed; and what the device fetches for its side of one. */
import { kvOf } from "#core/model/families/registry.ts";
import { refuse, unwrap, type Failure } from "#core/run/failure.ts";
import { packParcel } from "#engine/migration/kv-parcels.ts";
import { SegmentMove } from "#engine/migration/segment-move.ts";
import type { Outcome, Step } from "./compute.ts";
import type { ComputeSeat } from "./compute-seat.ts";

/** Each phase asked for again finds it done. */
export async function moveSeat(seat: ComputeSeat, { phase, position, from }: Step<"move">): Promise<Outcome> {
  const wanted = seat.move?.segment.from === from;
  if (phase === "prepare") {
    if (!wanted) await prepareMove(seat, from);
  } else if (wanted) {
    seat.session = await moving(seat).commit(position);
    seat.move = null;
  } else if (seat.session.segment.from !== from) unwrap(refuse(NOTHING_PREPARED));
  return { kind: "done", position: seat.session.position };
}

async function prepareMove(seat: ComputeSeat, from: number): Promise<void> {
  await seat.move?.close();
  seat.move = null;
  seat.move = await SegmentMove.prepare(seat.host, seat.session, from);
}

export function carryKv(seat: ComputeSeat, step: Step<"kv">): Outcome {
  moving(seat).carry(step, step.payload);
  return { kind: "done", position: seat.session.position };
}

export async function fetchKv(seat: ComputeSeat, step: Step<"fetch">): Promise<Outcome> {
  const { from, to, position, count } = step;
  const slice = await seat.session.exportKv(from, to, position + count);
  return { kind: "kv", position, count, payload: packParcel(slice, step, kvOf(seat.host.manifest.architecture)) };
}

/** Throws Failed. */
export const moving = ({ move }: ComputeSeat): SegmentMove => move ?? unwrap(refuse(NOTHING_PREPARED));
const NOTHING_PREPARED: Failure = {
  code: "bad-value",
  key: "move",
  value: "nothing prepared",
  expected: "a move that was prepared in this session",
};
