/**
 * Mahimahi's packet-delivery traces: one line a chance to deliver a packet of 1,500 bytes, its time
 * in whole ms. It says nothing of round trips, so a trace read from one adds none; both directions
 * get its rate. Source: Netravali et al., Mahimahi, USENIX ATC 2015.
 */
import { ok, refuse, type Result } from "../run/failure.ts";
import { parseTrace, type LinkTrace } from "./trace.ts";

const PACKET_BITS = 1500 * 8;
/** Chances are counted over so long: shorter, and a rate would be a single packet. */
const STEP_MS = 100;

/** A file of either kind: CSV has a header, Mahimahi's has only numbers. */
export function readTrace(name: string, source: string): Result<LinkTrace> {
  return /^\s*[\d-]/.test(source) && !/^[^\n]*,/.test(source) ? parseMahimahi(name, source) : parseTrace(name, source);
}

function parseMahimahi(name: string, source: string): Result<LinkTrace> {
  const bad = (line: number, expected: string): Result<never> =>
    refuse({ code: "bad-value", key: `trace:${name}`, value: `line ${line}`, expected });
  const packets: number[] = [];
  let lastMs = 0;
  for (const [index, line] of source.trim().split(/\r?\n/).entries()) {
    const atMs = Number(line.trim());
    if (line.trim() === "" || !Number.isSafeInteger(atMs) || atMs < 0)
      return bad(index + 1, `a time in whole ms from 0, not ${JSON.stringify(line.trim())}`);
    if (atMs < lastMs) return bad(index + 1, "times that do not go back");
    if (atMs >= LONGEST_MS) return bad(index + 1, `a trace of less than ${LONGEST_MS / 60_000} minutes`);
    const step = Math.floor(atMs / STEP_MS);
    packets[step] = (packets[step] ?? 0) + 1;
    lastMs = atMs;
  }
  if (packets.length < 2) return bad(1, `chances over more than ${STEP_MS} ms`);
  const rows = Array.from({ length: packets.length }, (_, step) => {
    const mbps = ((packets[step] ?? 0) * PACKET_BITS) / STEP_MS / 1000;
    return { timeMs: step * STEP_MS, uplinkMbps: mbps, downlinkMbps: mbps, rttMs: 0, jitterMs: 0, loss: 0 };
  });
  return ok({ name, stepMs: STEP_MS, rows });
}

const LONGEST_MS = 24 * 3_600_000;
