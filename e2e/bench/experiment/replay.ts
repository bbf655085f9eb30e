/**
 * `npm run bench -- --replay FILE`: every draft-length policy on recorded draft and target tokens,
 * at three round trips and on a link that steps between them, in seconds. Times are modelled, and
 * the table says so. `--plugin FILE` adds the policies of a plugin.
 */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { refuse, unwrap } from "#core/run/failure.ts";
import { fixed } from "#core/speculation/policies/fixed.ts";
import { LONGEST } from "#core/speculation/policies/policy.ts";
import { allPolicies } from "#core/speculation/policies/registry.ts";
import { readRecordings } from "#core/speculation/read-recording.ts";
import { bestOf, replay, type ReplayScore } from "#core/speculation/replay.ts";

/** Where the file has no times: about those of the house pair on a quiet laptop core. */
const USUAL = { draftMs: 0.5, verifyMs: 2 };
type Link = readonly [said: string, rttMs: (atMs: number) => number];
/** The link that steps, in turns; it goes through all of them twice in the time that the best fixed length takes at 40 ms. */
const STEPS = [5, 150, 40] as const;

function linksFor(tokensMs: number): readonly Link[] {
  const everyMs = Math.max(1, tokensMs / (2 * STEPS.length));
  return [
    ...[5, 40, 150].map((ms): Link => [`RTT ${ms} ms`, () => ms]),
    [
      `steps ${STEPS.join(", ")} ms every ${(everyMs / 1000).toFixed(1)} s`,
      (atMs) => STEPS[Math.floor(atMs / everyMs) % STEPS.length] ?? 40,
    ],
  ];
}

/** Plugins have joined already. Throws one sentence where the file cannot be read, and what it is not where it can. */
export async function replayText(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) throw new Error(`There is no file ${path} to replay, or it cannot be read.`);
  const read = readRecordings(text);
  const { recording, knowsConfidence, times, answers } = unwrap(
    read.ok || read.failure.code !== "bad-value" ? read : refuse({ ...read.failure, value: basename(path) }),
  );
  const { draftMs, verifyMs } = times ?? USUAL;
  const policies = allPolicies().filter(({ name }) => knowsConfidence || name !== "confident");
  const lengths = Array.from({ length: LONGEST }, (_, at) => fixed(at + 1));
  const lines = linksFor(bestOf(lengths, recording, { draftMs, verifyMs, rttMs: () => 40 }).elapsedMs).flatMap(
    ([link, rttMs]) => {
      const at = { draftMs, verifyMs, rttMs };
      const best = bestOf(lengths, recording, at);
      return [
        `\n${link}`,
        row(best, best, `${best.policy} fixed, the best in hindsight`),
        ...policies.map((policy) => row(replay(policy, recording, at), best, policy.name)),
      ];
    },
  );
  return [
    `${recording.agrees.length} recorded tokens${answers > 1 ? ` of ${answers} answers, one behind the other` : ""}; modelled: draft ${draftMs} ms a token, verification ${verifyMs} ms a window`,
    ...lines,
  ].join("\n");
}

const row = (
  { msPerToken, blockEfficiency, acceptance, elapsedMs }: ReplayScore,
  best: ReplayScore,
  name: string,
): string =>
  `  ${name.padEnd(34)} ${msPerToken.toFixed(2).padStart(8)} ms a token  ${blockEfficiency.toFixed(2).padStart(6)} tokens a round  ${(100 * acceptance).toFixed(0).padStart(3)}% stood  ${(elapsedMs / best.elapsedMs).toFixed(3)} of the best`;
