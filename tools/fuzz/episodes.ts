/**
 * One hostile client after another, each out of a seed and its number: a hello, some frames, an end. An episode is
 * what a tester would write down: `--seed 7 --only 4711` plays that one again.
 * What ends a session comes last in an episode, as far as that can be known: frames behind it would be nobody's.
 */
import { encodeUp } from "#wire/frames.ts";
import { WIRE_VERSION, type Hello } from "#wire/messages.ts";
import type { ModelManifest } from "#core/model/manifest.ts";
import { kvBytesPerPosition } from "#core/model/families/registry.ts";
import { ruleNamed } from "#core/speculation/rules/registry.ts";
import { Chance } from "./chance.ts";
import { messageOf, type SessionFacts } from "./messages.ts";
import { mutated, type Mutation } from "./mutations.ts";

export interface Frame {
  readonly data: Uint8Array | string;
  /** Null for one that was left as the message table has it. */
  readonly mutation: Mutation | "text" | "any fields" | "sent twice" | null;
}

export interface Episode {
  readonly number: number;
  /** The first text. */
  readonly hello: string;
  readonly helloMutated: boolean;
  readonly frames: readonly Frame[];
  /** Waits a little for an answer to each frame: else the last one ends the session before others are computed. */
  readonly patient: boolean;
  /** How the client goes: with a goodbye, or as a cable does. */
  readonly ending: "close" | "cut";
}

/** The model that an edge serves, as far as an attacker has to know it. */
export type Target = Pick<ModelManifest, "name" | "revision" | "architecture">;

const RULES = ["greedy", "coupled", "leviathan", "leviathan-topk", "split-verification"] as const;
const CAPACITY = 48;

export function episodeOf(seed: number, number: number, target: Target): Episode {
  const chance = new Chance(seed, number);
  const hello = helloOf(chance, target);
  const facts = factsOf(hello, target);
  const frames: Frame[] = [];
  for (let left = chance.below(16); left > 0; left--) frames.push(...harmless(chance, facts));
  frames.push(fatal(chance, facts));
  const helloMutated = chance.of(0.06);
  const text = JSON.stringify(hello);
  return {
    number,
    hello: helloMutated ? brokenHello(chance, hello, text) : text,
    helloMutated,
    frames,
    patient: chance.of(0.5),
    ending: chance.of(0.03) ? "cut" : "close",
  };
}

/** Fits the session, or is refused without ending it. */
function harmless(chance: Chance, facts: SessionFacts): readonly Frame[] {
  const frame = { data: encodeUp(messageOf(chance, facts)), mutation: null };
  return chance.of(0.03) ? [frame, { ...frame, mutation: "sent twice" }] : [frame];
}

function fatal(chance: Chance, facts: SessionFacts): Frame {
  const frame = encodeUp(messageOf(chance, chance.of(0.7) ? facts : null));
  const how = chance.weighed({ mutated: 75, any: 20, text: 5 });
  if (how === "any") return { data: encodeUp(messageOf(chance, null)), mutation: "any fields" };
  if (how === "text") return { data: Buffer.from(chance.bytes(chance.below(60))).toString("latin1"), mutation: "text" };
  const { bytes, mutation } = mutated(chance, frame);
  return { data: bytes, mutation };
}

function helloOf(chance: Chance, { name, revision, architecture: { blocks } }: Target): Hello {
  const cut = chance.below(blocks);
  const shape = chance.one(["whole", "whole", "tail", "tail", "middle"]);
  const embedding = shape === "whole";
  return {
    kind: "hello",
    wire: WIRE_VERSION,
    build: "fuzz",
    model: name,
    revision,
    segment: {
      embedding,
      from: embedding ? 0 : cut,
      to: shape === "middle" ? chance.between(cut + 1, blocks) : blocks,
      head: shape !== "middle",
    },
    codec: "f32",
    capacity: CAPACITY,
    kvCache: chance.of(0.9),
    sampling: chance.of(0.85)
      ? {
          temperature: chance.one([0, 0, 0.8, 2]),
          topK: chance.one([0, 1, 40]),
          topP: chance.one([1, 0.9]),
          seed: chance.u32(),
        }
      : null,
    edgeLoad: 1,
    verify: chance.of(0.6) ? chance.one(RULES) : null,
    draft: null,
    access: null,
    resume: null,
  };
}

function factsOf({ segment, verify, capacity }: Hello, { architecture }: Target): SessionFacts {
  const { vocabulary, hidden, blocks } = architecture;
  const rule = verify === null ? null : ruleNamed(verify);
  return {
    vocabulary,
    hidden,
    blocks,
    kvBytes: kvBytesPerPosition(architecture),
    capacity,
    from: segment.from,
    to: segment.to,
    embedding: segment.embedding,
    evidenceBytes: rule?.ok === true ? rule.value.bytesPerToken(vocabulary) : 0,
  };
}

const ODD: readonly unknown[] = [
  null,
  -1,
  1e308,
  2 ** 53,
  "",
  "x".repeat(5000),
  [],
  {},
  [[[[]]]],
  true,
  0.5,
  "__proto__",
];

function brokenHello(chance: Chance, hello: Hello, text: string): string {
  const keys = Object.keys(hello) as (keyof Hello)[];
  const key = chance.one(keys);
  switch (chance.weighed({ replaced: 50, missing: 15, cut: 15, noise: 10, stranger: 10 })) {
    case "replaced":
      return JSON.stringify({ ...hello, [key]: chance.one(ODD) });
    case "missing":
      return JSON.stringify({ ...hello, [key]: undefined });
    case "cut":
      return text.slice(0, chance.below(text.length));
    case "noise":
      return Buffer.from(chance.bytes(chance.below(300))).toString("latin1");
    case "stranger":
      return JSON.stringify({
        ...hello,
        resume: { session: Buffer.from(chance.bytes(16)).toString("hex"), position: chance.below(9) },
      });
  }
}
