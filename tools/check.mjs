/**
 * `npm start -- --check`: says before a demo that nothing will need the network. Every statement
 * is tried, not assumed: packages against the lock, the build against the sources, each shard
 * against its hash, and every file of the page fetched from an edge server that is not allowed to
 * open a connection of its own.
 */
import { createHash } from "node:crypto";
import { spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { BROWSER_FLAGS } from "./browser-flags.mjs";
import { stalenessOf } from "./build.mjs";
import { filesBelow } from "./inputs.mjs";
import { missingPackages } from "./install.mjs";

/** Ways in which a built page would load something from another machine. Links that a person may follow are none. */
const LOADS = [
  { kind: /\.html$/, pattern: /<(?:script|link|img|iframe|source)\b[^>]*?\b(?:src|href)="((?:https?:)?\/\/[^"]+)"/gi },
  { kind: /\.css$/, pattern: /(?:@import\s+|url\()\s*["']?((?:https?:)?\/\/[^"')\s]+)/gi },
  {
    kind: /\.m?js$/,
    pattern:
      /\b(?:fetch|import|importScripts|new (?:Shared)?Worker|new WebSocket|new EventSource)\(\s*["'`]((?:https?|wss?):\/\/[^"'`]+)/g,
  },
];

/** A preloaded module that lets a process reach this machine and nothing else. */
const ONLY_LOOPBACK = `import net from "node:net"; import dns from "node:dns";
const near = new Set(["localhost", "127.0.0.1", "::1", "0.0.0.0", "::"]);
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...words) {
  const target = Array.isArray(words[0]) ? words[0][0] : words[0];
  const host = target?.host ?? (typeof words[1] === "string" ? words[1] : "localhost");
  if (!target?.path && !near.has(host)) { process.stderr.write("REACHED-OUT " + host + "\\n"); throw new Error("no network: " + host); }
  return connect.apply(this, words);
};
const lookup = dns.lookup;
dns.lookup = (host, ...rest) => { if (!near.has(host)) process.stderr.write("REACHED-OUT " + host + "\\n"); return lookup(host, ...rest); };`;

/** @typedef {{ good: boolean, sentence: string }} Finding */
const good = (/** @type {string} */ sentence) => ({ good: true, sentence });
const bad = (/** @type {string} */ sentence) => ({ good: false, sentence });
const plural = (/** @type {number} */ n, /** @type {string} */ noun) => `${n} ${noun}${n === 1 ? "" : "s"}`;

function packages(/** @type {string} */ root) {
  const missing = missingPackages(root);
  return missing.length === 0
    ? good("Every package is installed.")
    : bad(
        `${plural(missing.length, "package")} missing (${missing.slice(0, 3).join(", ")}…): run \`npm start\` once with the network.`,
      );
}

function build(/** @type {string} */ root) {
  const why = stalenessOf(root);
  return why === null
    ? good("The build is up to date.")
    : bad(
        `The build is not up to date (${why}): run \`npm run build\`; it needs no network once the packages are there.`,
      );
}

/** @typedef {{ sha256: string, bytes: number }} Shard */
function models(/** @type {string} */ root) {
  const folder = join(root, "dist/page/models");
  if (!existsSync(join(folder, "index.json")))
    return bad("The house models are not in the build: run `npm run build`.");
  const index = /** @type {{ name: string }[]} */ (JSON.parse(readFileSync(join(folder, "index.json"), "utf8")));
  let shards = 0;
  for (const { name } of index) {
    const manifest = /** @type {{ embedding: Shard, blocks: Shard[], norm: Shard, head: Shard | null }} */ (
      JSON.parse(readFileSync(join(folder, name, "manifest.json"), "utf8"))
    );
    for (const shard of [
      manifest.embedding,
      ...manifest.blocks,
      manifest.norm,
      ...(manifest.head ? [manifest.head] : []),
    ]) {
      const path = join(root, "dist/page/shards", shard.sha256);
      if (!existsSync(path)) return bad(`A shard of ${name} is missing: run \`npm run build\`.`);
      if (createHash("sha256").update(readFileSync(path)).digest("hex") !== shard.sha256)
        return bad(`A shard of ${name} is damaged: delete dist/ and run \`npm run build\`.`);
      shards += 1;
    }
  }
  return good(`${plural(index.length, "model")} with ${plural(shards, "shard")} present, every hash right.`);
}

/** What the page would load from other machines. */
function foreign(/** @type {string} */ root) {
  const page = join(root, "dist/page");
  const files = filesBelow(page, "assets").concat("index.html");
  for (const file of files) {
    for (const { kind, pattern } of LOADS) {
      if (!kind.test(file)) continue;
      const [found] = readFileSync(join(page, file), "utf8").matchAll(pattern);
      if (found) return bad(`${file} loads ${found[1] ?? ""}, which needs the network.`);
    }
  }
  return good(`${plural(files.length, "file")} of the page scanned: nothing is loaded from another machine.`);
}

/** @returns {Promise<Finding>} */
function portIsFree(/** @type {number} */ port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(bad(`Port ${port} is taken: stop what uses it, or start with \`--port\`.`)));
    server.listen(port, () => server.close(() => resolve(good(`Port ${port} is free.`))));
  });
}

/** Starts the edge server cut off from the network, and fetches every file of the page from it. */
async function servesItself(/** @type {string} */ root, /** @type {string[]} */ words) {
  const port = await unusedPort();
  const edge = startCutOff(root, words, port);
  try {
    const url = `http://127.0.0.1:${port}/`;
    if (!(await isUp(`${url}healthz`, edge.process)))
      return bad(`The edge server did not start: ${edge.said().trim().split("\n").at(-1) ?? "it said nothing"}`);
    const files = pageFiles(root);
    for (const file of files) {
      const response = await fetch(url + file);
      if (!response.ok) return bad(`The edge server answers ${response.status} for ${file}.`);
      await response.arrayBuffer();
    }
    const tried = await tryInBrowser(url);
    const reached = /REACHED-OUT (\S+)/.exec(edge.said());
    if (reached) return bad(`The edge server tried to reach ${reached[1] ?? ""}.`);
    return tried.good
      ? good(
          `The edge server started without a network and served all ${files.length} files of the page and its models. ${tried.sentence}`,
        )
      : tried;
  } finally {
    edge.process.kill("SIGTERM");
  }
}

/** The edge server in a process that reaches this machine only, and what it has said so far. */
function startCutOff(/** @type {string} */ root, /** @type {string[]} */ words, /** @type {number} */ port) {
  const onlyLoopback = `data:text/javascript,${encodeURIComponent(ONLY_LOOPBACK)}`;
  const entry = join(root, "dist/edge/main.js");
  const place = ["--host", "127.0.0.1", "--port", String(port)];
  const edge = spawn(process.execPath, ["--import", onlyLoopback, entry, ...withoutPort(words), ...place], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  edge.stdout.on("data", (chunk) => (said += String(chunk)));
  edge.stderr.on("data", (chunk) => (said += String(chunk)));
  return { process: edge, said: () => said };
}

/** The page in a browser that finds no other machine, to its first tokens. */
async function tryInBrowser(/** @type {string} */ url) {
  const { findBrowser } = await import("./browser.mjs");
  const executablePath = await findBrowser();
  if (executablePath === null) return good("No browser was found to try it in.");
  const { chromium } = await import("@playwright/test");
  const browser = await chromium.launch({
    executablePath,
    args: [...BROWSER_FLAGS, "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
  });
  try {
    const page = await browser.newPage();
    /** @type {string[]} */
    const elsewhere = [];
    page.on(
      "request",
      (request) =>
        void (
          /^(https?|wss?):\/\/127\.0\.0\.1[:/]/.test(request.url()) ||
          /^(blob|data):/.test(request.url()) ||
          elsewhere.push(request.url())
        ),
    );
    await page.goto(url);
    const answer = await page.evaluate(firstTokens);
    if (elsewhere[0] !== undefined) return bad(`The page asked for ${elsewhere[0]}.`);
    return answer === ""
      ? good("A browser without a network got tokens from it, split and in the tab alone.")
      : bad(`A browser without a network got no tokens: ${answer}`);
  } finally {
    await browser.close();
  }
}

/** Runs in the page. Empty when all is well, else what was not. */
async function firstTokens() {
  const deadline = Date.now() + 20_000;
  while (!("cutlayer" in window)) {
    if (Date.now() > deadline) return "the page did not start";
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { cutlayer } =
    /** @type {{ cutlayer: { ready: Promise<void>, models(): Promise<{ name: string }[]>, run(config: unknown): Promise<{ tokenIds: number[], finish: { kind: string } }> } }} */ (
      /** @type {unknown} */ (window)
    );
  await cutlayer.ready;
  const [first] = await cutlayer.models();
  for (const mode of ["split", "device-only"]) {
    const { tokenIds, finish } = await cutlayer.run({
      mode,
      model: first?.name,
      cut: 1,
      prompt: "Hello.",
      maxTokens: 2,
    });
    if (tokenIds.length === 0) return `${mode} ended as ${JSON.stringify(finish)}`;
  }
  return "";
}

function pageFiles(/** @type {string} */ root) {
  const page = join(root, "dist/page");
  return readdirSync(page).flatMap((name) => filesBelow(page, name));
}

async function isUp(/** @type {string} */ url, /** @type {import("node:child_process").ChildProcess} */ child) {
  for (let attempt = 0; attempt < 100 && child.exitCode === null; attempt++) {
    const response = await fetch(url).catch(() => null);
    if (response?.ok) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

/** @returns {Promise<number>} */
function unusedPort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === "object" ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}

function wantedPort(/** @type {string[]} */ words) {
  const { values } = parseArgs({ args: words, strict: false, options: { port: { type: "string", default: "8080" } } });
  return Number(values["port"]);
}

/** The check listens on a port and host of its own, without certificates. */
const withoutPort = (/** @type {string[]} */ words) =>
  words.filter(
    (word, i) => !/^--(port|host)(=|$)/.test(word) && !/^--(port|host)$/.test(words[i - 1] ?? "") && word !== "--https",
  );

/** Prints what it found; true when a demo would need nothing from outside. */
export async function checkDemo(/** @type {string} */ root, /** @type {string[]} */ words) {
  /** @type {(() => Finding | Promise<Finding>)[]} */
  const steps = [
    () => packages(root),
    () => build(root),
    () => models(root),
    () => foreign(root),
    () => portIsFree(wantedPort(words)),
    () => servesItself(root, words),
  ];
  let ready = true;
  for (const step of steps) {
    const finding = await step();
    console.log(`${finding.good ? "yes" : "NO "}  ${finding.sentence}`);
    ready &&= finding.good;
    // Nothing further down can be tried without packages and a build.
    if (!finding.good && (step === steps[0] || step === steps[1])) break;
  }
  console.log(ready ? "\nReady: this demo needs no network." : "\nNot ready yet.");
  return ready;
}
