/**
 * What a plugin's module exports, as values of the kinds that can be added: a verification rule, a
 * draft-length policy, a codec, or a list of them, told apart by the members that only one kind has.
 * A plugin is somebody's program, so everything about it is looked at once, here, and refused with
 * a sentence that names the member; behind this it is like any that ships.
 */
import type { OwnCodec } from "../codec/registry.ts";
import { ok, refuse, type Result } from "../run/failure.ts";
import { isRecord, shown } from "../schema/json.ts";
import type { Policy } from "../speculation/policies/policy.ts";
import type { Rule } from "../speculation/rules/rule.ts";

export type Addition =
  | { readonly kind: "rule"; readonly value: Rule }
  | { readonly kind: "policy"; readonly value: Policy }
  | { readonly kind: "codec"; readonly value: OwnCodec };

interface Member {
  readonly fits: (value: unknown) => boolean;
  readonly expected: string;
}

/** As addresses, select boxes and tables can have it, and never taken for a number. */
const name: Member = {
  fits: (value) => typeof value === "string" && /^[a-z][a-z0-9]*([.-][a-z0-9]+)*$/.test(value) && value.length <= 40,
  expected: "a name of small letters and digits, parted by - or ., such as my-rule",
};
const sentence: Member = {
  fits: (value) => typeof value === "string" && value.trim() !== "" && value.length <= 300,
  expected: "a text of 1 to 300 characters",
};
const method: Member = { fits: (value) => typeof value === "function", expected: "a function" };
const methodOrNull: Member = {
  fits: (value) => value === null || typeof value === "function",
  expected: "a function, or null",
};
const flag: Member = { fits: (value) => typeof value === "boolean", expected: "true or false" };
const oneOf = (...choices: readonly string[]): Member => ({
  fits: (value) => choices.some((choice) => choice === value),
  expected: `one of ${choices.join(", ")}`,
});

const RULE: Readonly<Record<keyof Rule, Member>> = {
  name,
  summary: sentence,
  source: sentence,
  lossless: oneOf("exact", "in-distribution"),
  temperatures: oneOf("any", "zero"),
  bytesPerToken: method,
  draft: method,
  verify: method,
  settle: methodOrNull,
};
const POLICY: Readonly<Record<keyof Policy, Member>> = {
  name,
  summary: sentence,
  source: sentence,
  draftLength: method,
};
const CODEC: Readonly<Record<keyof OwnCodec, Member>> = {
  name,
  summary: sentence,
  exact: flag,
  bytesPerPosition: method,
  errorBound: method,
  encode: method,
  decode: method,
};

const firstMissing = (
  members: Readonly<Record<string, Member>>,
  value: Readonly<Record<string, unknown>>,
): string | null => {
  const wrong = Object.entries(members).find(([key, member]) => !member.fits(value[key]));
  return wrong === undefined
    ? null
    : `its ${wrong[0]} should be ${wrong[1].expected}, and is ${shown(value[wrong[0]])}`;
};

// Every member is of its own type by now; what its functions do is the contract's to say.
const isRule = (value: object): value is Rule => isRecord(value) && firstMissing(RULE, value) === null;
const isPolicy = (value: object): value is Policy => isRecord(value) && firstMissing(POLICY, value) === null;
const isCodec = (value: object): value is OwnCodec => isRecord(value) && firstMissing(CODEC, value) === null;

function readAddition(value: unknown): { readonly addition: Addition } | { readonly wrong: string } {
  if (!isRecord(value))
    return {
      wrong: `its default export is ${shown(value)}, and should be a rule, a policy or a codec, or a list of them`,
    };
  const said = typeof value["name"] === "string" ? ` ${value["name"]}` : "";
  if ("verify" in value || "draft" in value)
    return isRule(value)
      ? { addition: { kind: "rule", value } }
      : { wrong: `of the rule${said} ${firstMissing(RULE, value) ?? ""}` };
  if ("draftLength" in value)
    return isPolicy(value)
      ? { addition: { kind: "policy", value } }
      : { wrong: `of the policy${said} ${firstMissing(POLICY, value) ?? ""}` };
  if ("encode" in value || "decode" in value) {
    return isCodec(value)
      ? { addition: { kind: "codec", value } }
      : { wrong: `of the codec${said} ${firstMissing(CODEC, value) ?? ""}` };
  }
  return {
    wrong: `its default export${said} has neither draft and verify (a rule), nor draftLength (a policy), nor encode and decode (a codec)`,
  };
}

/** `exported` is the module's default export, `file` its name for the sentence. Failures: plugin-unfit. */
export function readPlugin(file: string, exported: unknown): Result<readonly Addition[]> {
  const values: readonly unknown[] = Array.isArray(exported) ? exported : [exported];
  const additions: Addition[] = [];
  for (const value of values) {
    const read = readAddition(value);
    if ("wrong" in read) return refuse({ code: "plugin-unfit", file, what: read.wrong });
    additions.push(read.addition);
  }
  return additions.length > 0
    ? ok(additions)
    : refuse({ code: "plugin-unfit", file, what: "its default export is an empty list" });
}
