/**
 * What each client will send and what it has to hear: every size of request is answered once, by a client that
 * computes and is alone. What that client said to the edge, and when, is a script (`src/engine/crowd/script.ts`);
 * played again it is the real protocol with real data at a real device's pace, and every reply can be compared.
 */
import type { RunConfig } from "#core/run/config.ts";
import { fail, Failed, unwrap } from "#core/run/failure.ts";
import { parseConfig } from "#core/run/config/parse-config.ts";
import type { CancelSignal } from "#engine/ports.ts";
import type { Crowd, CrowdRequest } from "#engine/crowd/crowd.ts";
import type { Script } from "#engine/crowd/script.ts";
import { createEngine } from "#engine/engine.ts";
import type { LinkSetting } from "#engine/link/edge-link.ts";
import { nodeWorld, type NodeWorldParts } from "#node/node-world.ts";
import { sizeName, type Size } from "./sizes.ts";

export interface Rehearsed extends Size {
  readonly script: Script;
  readonly link: LinkSetting;
  /** Whether what the edge says shows which tokens it chose: activations that come back are not compared. */
  readonly compared: boolean;
}

/** Of a config, all but what the sizes say. */
export type Settings = Readonly<Record<string, string | number>>;

/** Any text will do, as long as no two prompts of one size begin alike. */
const TEXT =
  "Find me an Italian restaurant in San Jose for Friday evening, please, and a table for four people. " +
  "I would also like to know whether they have live music, what the weather will be, and how to get there by bus. ";

/** One answer alone for each size. Throws Failed as a run fails. */
export async function rehearse(
  parts: NodeWorldParts,
  settings: Settings,
  sizes: readonly Size[],
  access: string | null,
  signal: CancelSignal,
): Promise<ReadonlyMap<string, Rehearsed>> {
  const heard: CrowdRequest[] = [];
  const gather = (_: string | undefined, request: CrowdRequest): Crowd => {
    heard.push(request);
    return NOBODY;
  };
  const world = { ...nodeWorld(parts), gather };
  const engine = createEngine(world);
  const rehearsed = new Map<string, Rehearsed>();
  try {
    const { tokenizer } = await world.openModel(String(settings["model"]), undefined, signal);
    const ids = tokenizer.encode(TEXT);
    for (const [index, size] of sizes.entries()) {
      const config = configFor(settings, size, promptOf(ids, size.promptTokens, index));
      const record = await engine.run(
        config,
        { check: false, fresh: true, ...(access === null ? {} : { access }) },
        () => undefined,
        signal,
      );
      if (record.finish.kind === "failed") throw new Failed(record.finish.failure);
      if (record.finish.kind === "stopped") fail({ code: "stopped" });
      const request = heard.pop();
      if (request === undefined) throw new Error("a run without a crowd");
      const { script, link } = request;
      rehearsed.set(sizeName(size), { ...size, script, link, compared: !script.steps.some(returnsActivations) });
    }
  } finally {
    await engine.release();
  }
  return withOneCapacity(rehearsed);
}

const configFor = (settings: Settings, size: Size, promptIds: readonly number[]): RunConfig =>
  unwrap(parseConfig({ link: "loopback", ...settings, promptIds, maxTokens: size.answerTokens, clients: 2 }));

/** A crowd of nobody: the script is all that is wanted. */
const NOBODY: Crowd = { begun: Promise.resolve(), end: () => Promise.resolve([]), stop: () => Promise.resolve() };

const promptOf = (ids: readonly number[], tokens: number, from: number): readonly number[] =>
  Array.from({ length: tokens }, (_, at) => ids[(7 * from + at) % ids.length] ?? 0);

const returnsActivations = ({ message }: Script["steps"][number]): boolean =>
  message.kind === "activations" && message.want === "all";

/** A client keeps one session for answers of every size, so each is opened for the largest. */
function withOneCapacity(rehearsed: ReadonlyMap<string, Rehearsed>): ReadonlyMap<string, Rehearsed> {
  const capacity = Math.max(...[...rehearsed.values()].map(({ script }) => script.hello.capacity));
  return new Map(
    [...rehearsed].map(([name, each]) => [
      name,
      { ...each, script: { ...each.script, hello: { ...each.script.hello, capacity } } },
    ]),
  );
}
