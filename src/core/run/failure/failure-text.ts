/**
 * Failures as sentences: what happened, the particulars, and what to do next. One row for every
 * code; a code without one does not compile.
 */
import { LATER_KEYS } from "../config/config-keys.ts";
import type { Failure, FailureCode } from "../failure.ts";
import { isNear } from "../config/nearest.ts";

export interface FailureText {
  /** What happened, as one short sentence. */
  readonly title: string;
  /** The particulars; may be empty. */
  readonly detail: string;
  /** What the person can do now. */
  readonly next: string;
}

type FailureByCode = { readonly [F in Failure as F["code"]]: F };

const TEXTS: { readonly [C in FailureCode]: (failure: FailureByCode[C]) => FailureText } = {
  "unknown-key": ({ key, known, of }) =>
    of === undefined ? describeUnknownKey(key, known) : describeKeyOf(of, key, known),
  "bad-value": (failure) => describeBadValue(failure),
  "keys-conflict": (failure) => ({
    title: `${listed(failure.keys)} cannot be as given: ${failure.why}.`,
    detail: "",
    next: failure.keys.length > 1 ? "Change or leave out one of them." : "Give it once.",
  }),
  "cut-out-of-range": (failure) => ({
    title: `The model cannot be cut at ${failure.cut}.`,
    detail: `It has ${count(failure.blocks, "block")}.`,
    next: `Choose a cut from 0 to ${failure.blocks}, or a share of the depth such as 50%.`,
  }),
  "empty-middle": (failure) => ({
    title: "The cut leaves nothing for the edge.",
    detail: `With ${failure.cut} of ${count(failure.blocks, "block")} before the cut and ${failure.tail} kept at the end, no block is left in the middle.`,
    next: `Cut earlier or keep a shorter tail: together they must stay below ${failure.blocks}. For no edge at all choose device-only.`,
  }),
  "no-plan": (failure) => ({
    title: "No way to run the model keeps to all limits.",
    detail: `Of ${count(failure.options, "way")}, ${listed(failure.limits.map(({ limit, excludes }) => `${limit} excludes ${excludes}`))}.`,
    next: `Loosen ${failure.limits[0]?.limit ?? "a limit"} first: it excludes most.`,
  }),
  "unknown-model": (failure) => ({
    title: `There is no model named ${failure.model}.`,
    detail: "",
    next:
      failure.known.length > 0
        ? `The edge server has ${listed(failure.known)}.`
        : "Start the edge server with --model and a model's folder.",
  }),
  "prompt-too-long": (failure) => ({
    title: "The prompt is too long for the model.",
    detail: `It comes to ${count(failure.tokens, "token")}; the model's context holds ${failure.capacity}.`,
    next: "Shorten the prompt or start a new conversation.",
  }),
  "model-unsupported": (failure) => ({
    title: `${failure.model} is not supported.`,
    detail: `Its ${failure.what} is ${failure.found}; supported: ${failure.supported}.`,
    next: failure.advice ?? "Use a model that keeps to what is supported, or one of the house models.",
  }),
  "model-broken": (failure) => ({
    title:
      failure.advice === undefined
        ? `The files of ${failure.model} are damaged.`
        : `${failure.model} cannot be used as it is.`,
    detail: `${failure.file}: ${failure.what}.`,
    next: failure.advice ?? "Download the model's folder again.",
  }),
  "plugin-unfit": (failure) => ({
    title: `${failure.file} cannot be used as a plugin: ${failure.what}.`,
    detail: "",
    next: "What a plugin is stands in docs/guides/how-to-add-a-rule.md; npm test -- plugin FILE holds one to its whole contract.",
  }),
  "plugin-mismatch": (failure) => ({
    title: "The page and the edge server hold different plugins.",
    detail: `What this run names is of ${hashes(failure.page)} here, of ${hashes(failure.edge)} at the edge server.`,
    next: "Reload the page; an edge server other than the page's own has to be started with the same --plugin.",
  }),
  "download-failed": (failure) => ({
    title: "A part of the model could not be downloaded.",
    detail: `${failure.url}${failure.status === null ? "" : ` answered ${failure.status}`}: ${failure.why}.`,
    next: failure.advice ?? "Check the connection and try again: what has arrived is kept.",
  }),
  "shard-corrupt": (failure) => ({
    ...CORRUPT[failure.from],
    detail: `Shard ${failure.sha256.slice(0, 12)} does not match its hash.`,
  }),
  "storage-full": (failure) => ({
    title: "The browser's storage is full.",
    detail: `${bytes(failure.neededBytes)} are needed${failure.freeBytes === null ? "" : `, ${bytes(failure.freeBytes)} are free`}.`,
    next: "Clear the stored models, free some disk space, or cut earlier so that this tab holds less.",
  }),
  "disk-full": ({ path, neededBytes, freeBytes, limitBytes }) =>
    limitBytes === undefined
      ? {
          title: "The disk is full.",
          detail: `${bytes(neededBytes)} more are needed in ${path}${freeBytes === null ? "" : `, ${bytes(freeBytes)} are free`}.`,
          next: "Delete what is not needed any more, and start again: what has arrived is kept.",
        }
      : {
          title: "The model is larger than models of the Hub may be.",
          detail: `It has ${bytes(neededBytes)}, ${path} may take ${bytes(limitBytes)}.`,
          next: `Start with --hub-cache ${Math.ceil(neededBytes / 1e9)} or more, or take a smaller file of it, in four bits for example.`,
        },
  "history-unavailable": ({ reason, what }) => ({
    title: "Runs cannot be kept beyond this visit.",
    detail: `${NOT_KEPT[reason].why} (${what}).`,
    next: NOT_KEPT[reason].next,
  }),
  "backend-unavailable": (failure) => ({
    title: `${failure.backend} cannot be computed with here: ${failure.why.trim().replace(/[.]$/, "")}.`,
    detail: "",
    next:
      failure.backend === "webgpu"
        ? "In the browser choose wasm, which runs everywhere; start an edge server with --backend cpu."
        : "Choose another backend, or edge-only.",
  }),
  "device-lost": (failure) => ({
    title: "The graphics processor was taken away.",
    detail: `${failure.backend}: ${failure.why}.`,
    next: "Run again: the model is set up anew. If it happens again, choose wasm.",
  }),
  "out-of-memory": (failure) => ({
    title: failure.tier === "device" ? "This tab ran out of memory." : "The edge server ran out of memory.",
    detail: `It was for ${failure.what}${failure.bytes === null ? "" : `, ${bytes(failure.bytes)}`}.`,
    next:
      failure.tier === "device"
        ? "Cut earlier so that this tab holds less, or close other tabs."
        : "Cut later so that the edge holds less, or use a smaller model.",
  }),
  "edge-unreachable": (failure) => ({
    title: "The edge server cannot be reached.",
    detail: `${failure.url}: ${failure.why}.`,
    next: "Check that it is running (npm start) and that the address is right, or choose device-only.",
  }),
  "edge-gone": (failure) => ({
    title: "The edge server went away.",
    detail: `${failure.url} did not answer ${count(failure.attempts, "attempt")} to reconnect.`,
    next: "Start it again and retry, or go on in this tab alone.",
  }),
  "mixed-content": (failure) => ({
    title: "This page may not speak to that edge server.",
    detail: `The page came over https, ${failure.url} has no encryption, and browsers refuse the mixture.`,
    next: "Start the edge server with --https, or open the page that the edge server itself serves.",
  }),
  "protocol-mismatch": (failure) => ({
    title: "The page and the edge server are of different versions.",
    detail: `The page speaks wire version ${failure.page}, the edge server ${failure.edge}.`,
    next: "Reload the page; if that does not help, restart the edge server.",
  }),
  "manifest-mismatch": (failure) => ({
    title: `The page and the edge server hold different weights of ${failure.model}.`,
    detail: `${failure.page.slice(0, 12)} here, ${failure.edge.slice(0, 12)} there.`,
    next: "Reload the page so that it fetches the edge server's.",
  }),
  "access-denied": (failure) => ({
    title: `The edge server refused access: ${failure.why}.`,
    detail: "",
    next: "Use the address or the token that its operator gave you.",
  }),
  "edge-full": (failure) => ({
    title: "The edge server is full.",
    detail: `It is at its limit of ${failure.limit} (${failure.what}).`,
    next: `Try again in ${seconds(failure.retryAfterMs)}, or choose device-only.`,
  }),
  "edge-draining": (failure) => ({
    title: "The edge server is shutting down.",
    detail: "It takes no new work.",
    next: `Try again in ${seconds(failure.retryAfterMs)}, when it may have restarted.`,
  }),
  "next-refused": (failure) => ({
    title: `The edge server does not pass anything on to ${failure.endpoint}.`,
    detail: "It connects only to edge servers that its owner has allowed, whatever a page asks for.",
    next: `Its owner can start it with ${failure.flag} ${failure.endpoint}.`,
  }),
  "session-lost": (failure) => ({
    title: `The edge server no longer knows this session: ${failure.why}.`,
    detail: "",
    next: "Run again: a new session is opened.",
  }),
  "bad-frame": (failure) => ({
    title: "A message could not be understood.",
    detail: `${failure.what}${failure.offset === null ? "" : `, at byte ${failure.offset}`}.`,
    next: "Run again; if it happens again, reload the page so that both sides are of one version.",
  }),
  "position-gap": (failure) => ({
    title: "The session is behind.",
    detail: `A step asked for position ${failure.position}; only ${failure.held} are held.`,
    next: "Run again: the context is computed anew.",
  }),
  "context-full": (failure) => ({
    title: "The model's context is full.",
    detail: `It holds ${count(failure.capacity, "position")}.`,
    next: "Start a new conversation, or ask for fewer tokens.",
  }),
  "class-refused": ({ reason, limit }) => ({ detail: "", ...CLASS[reason](limit ?? 0) }),
  "given-up": (failure) => ({
    title: "This run was not tried.",
    detail: `Its cell had failed ${count(failure.failures, "time")}, at last with ${failure.last}.`,
    next: "Mend what failed, then go on with the experiment: what has no result is tried again.",
  }),
  "run-too-long": (failure) => ({
    title: `The run was not over within ${seconds(failure.limitMs)}.`,
    detail: "That is the longest that one run may take; the page was opened anew.",
    next: "Allow more with --longest-run SECONDS, or ask for fewer tokens with --set maxTokens=N.",
  }),
  stopped: () => ({ title: "Stopped.", detail: "", next: "Run again when you like." }),
  internal: (failure) => ({
    title: "Something went wrong inside Cutlayer.",
    detail: `${failure.where}: ${failure.what}`,
    next: "Please report it with this text. Reloading the page may help.",
  }),
};

export const describeFailure = (failure: Failure): FailureText => textOf(failure.code, failure);

const textOf = <C extends FailureCode>(code: C, failure: FailureByCode[C]): FailureText => TEXTS[code](failure);

type BadValue = Extract<Failure, { readonly code: "bad-value" }>;

/** Of a recorded link the value is the line that does not fit. */
function describeBadValue({ key, value, expected }: BadValue): FailureText {
  const trace = /^trace:(.+)$/.exec(key)?.[1];
  return trace !== undefined && /^line \d+$/.test(value)
    ? {
        title: `In the recorded link ${trace}, ${value} does not fit.`,
        detail: "",
        next: `It should have ${expected}.`,
      }
    : { title: `${key} cannot be ${value}.`, detail: "", next: `Possible: ${expected}.` };
}

function describeUnknownKey(key: string, known: readonly string[]): FailureText {
  if (LATER_KEYS.includes(key))
    return {
      title: `${key} is not a key of this version yet.`,
      detail: "It belongs to modes of a later version.",
      next: "Leave it out.",
    };
  if (key === "promptSet")
    return {
      title: "A run has one prompt, and no promptSet.",
      detail: "Sets of prompts belong to experiments.",
      next: "Give the run a prompt; or sweep sets: npm run bench -- EXPERIMENT --set promptSet=demo,heldout.",
    };
  return { title: `There is no key named ${key}.`, detail: "", next: possible(key, known) };
}

const describeKeyOf = (of: string, key: string, known: readonly string[]): FailureText => ({
  title: `${of} has no key named ${key}.`,
  detail: "",
  next: possible(key, known),
});

function possible(key: string, known: readonly string[]): string {
  const nearest = known[0];
  const meant = nearest !== undefined && isNear(key, nearest) ? `Did you mean ${nearest}? ` : "";
  const named = known.slice(0, MOST_NAMED).join(", ");
  return `${meant}Possible: ${named}${known.length > MOST_NAMED ? `, and ${known.length - MOST_NAMED} more (docs/guides/automation.md)` : ""}.`;
}

/** More are a wall of words; those nearest to what was given stand first. */
const MOST_NAMED = 12;

const CORRUPT: Readonly<Record<FailureByCode["shard-corrupt"]["from"], Omit<FailureText, "detail">>> = {
  network: {
    title: "A part of the model arrived damaged.",
    next: "Try again. If it stays so, something between here and the edge server alters files.",
  },
  storage: { title: "A stored part of the model is damaged.", next: "Run again: it is fetched anew." },
  file: {
    title: "A part of the model is damaged on the edge server's disk.",
    next: "Restart the edge server; if it stays so, download the model's folder again.",
  },
};

const CLASS: Readonly<
  Record<FailureByCode["class-refused"]["reason"], (limit: number) => Omit<FailureText, "detail">>
> = {
  unknown: () => ({
    title: "No class goes by this code: it has ended, or the code was mistyped.",
    next: "Use the code that stands on the lecturer's page now.",
  }),
  full: (limit) => ({
    title: `The class has all the ${limit} tabs that it takes.`,
    next: "Look on with somebody who is in; lessons and runs work without a class.",
  }),
  "too-many": (limit) => ({
    title: `There are ${limit} classes already.`,
    next: "End one that is over, on its own page; a class that nobody looks at ends by itself.",
  }),
  "not-lecturer": () => ({
    title: "Only the tab that opened the class can see and end it.",
    next: "Go back to that tab, or open a class anew.",
  }),
  "too-fast": () => ({ title: "Too much was asked within a moment.", next: "Try again in a few seconds." }),
  "no-edge": () => ({
    title: "A class needs an edge server, and this page came from a plain file server.",
    next: "Start one with npm start, and open the page at the address that it prints.",
  }),
};

/** Why there is no history, and what helps: the runs of this visit are there all the same. */
const NOT_KEPT: Readonly<
  Record<FailureByCode["history-unavailable"]["reason"], { readonly why: string; readonly next: string }>
> = {
  denied: {
    why: "The browser lets this page store nothing",
    next: "Allow it to store data, or save a record as a file.",
  },
  full: {
    why: "The browser's storage is full",
    next: "Delete runs here, clear the stored models, or free disk space.",
  },
  "held-elsewhere": { why: "Another tab holds the list in an older form", next: "Close the other tabs of this page." },
  newer: { why: "A newer version of this page wrote the list", next: "Reload the page." },
  "too-large": { why: "The run is larger than the whole list may be", next: "Save its record as a file." },
  damaged: {
    why: "The browser cannot read its own storage",
    next: "Clear this page's data in the browser's settings.",
  },
  "not-loaded": {
    why: "The part of this page that keeps them could not be loaded",
    next: "It is tried again with the next run; reload the page when its server is back.",
  },
};

const listed = (names: readonly string[]): string =>
  names.length < 2 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""}`;
const hashes = (all: readonly string[]): string =>
  all.length === 0 ? "no plugin" : `plugin ${listed(all.map((sha256) => sha256.slice(0, 12)))}`;
const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;
const seconds = (ms: number): string => count(Math.max(1, Math.ceil(ms / 1000)), "second");

function bytes(n: number): string {
  if (n < 1e3) return count(n, "byte");
  if (n < 1e6) return `${(n / 1e3).toFixed(1)} kB`;
  return n < 1e9 ? `${(n / 1e6).toFixed(1)} MB` : `${(n / 1e9).toFixed(1)} GB`;
}
