/**
 * A server that behaves like the Hub: descriptions with sizes and hashes, files that are redirected to a
 * store of another origin, ranges, ETags, gated repositories; and what goes wrong on the way, as a test
 * asks for it. Its log has every request, with the bytes that were asked for and the bytes that were sent.
 */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Repository {
  commit: string;
  readonly files: Map<string, Buffer>;
  readonly gated?: boolean;
  /** Other sizes than the files have. */
  readonly saidBytes?: Readonly<Record<string, number>>;
}

export interface Asked {
  readonly at: "hub" | "store";
  readonly path: string;
  readonly token: string | undefined;
  /** Of the file, the store's: what the request is for. */
  readonly range: readonly [from: number, to: number] | null;
  /** Whether it asked for a part. */
  readonly ranged: boolean;
  status: number;
}

/** What happens to one request in place of the answer. */
export type Mishap =
  | { readonly kind: "status"; readonly status: number; readonly headers?: Record<string, string> }
  /** So many bytes, then the connection breaks. */
  | { readonly kind: "break"; readonly after: number }
  /** So many bytes, then nothing. */
  | { readonly kind: "stall"; readonly after: number }
  /** The whole file, whatever was asked for. */
  | { readonly kind: "no-ranges" }
  /** One bit is another. */
  | { readonly kind: "corrupt" };

export interface HubServer {
  readonly endpoint: string;
  readonly repositories: Map<string, Repository>;
  readonly log: Asked[];
  /** Asked before every answer; null for none. */
  mishap: (asked: Asked) => Mishap | null;
  /** What was asked of the store for a file, in the order of the bytes. */
  ranges(file: string): readonly (readonly [from: number, to: number])[];
  close(): Promise<void>;
}

export async function hubServer(): Promise<HubServer> {
  const state: Pick<HubServer, "repositories" | "log" | "mishap"> = {
    repositories: new Map(),
    log: [],
    mishap: () => null,
  };
  const store = await listening((request, response) => answerStore(state, request, response));
  const hub = await listening((request, response) => answerHub(state, urlOf(store), request, response));
  return Object.assign(state, {
    endpoint: urlOf(hub),
    ranges: (file: string) =>
      state.log
        .flatMap(({ at, path, range }) =>
          at === "store" && path.endsWith(`/${file}`) && range !== null ? [range] : [],
        )
        .toSorted(([a], [b]) => a - b),
    close: async () => {
      for (const each of [hub, store]) {
        each.closeAllConnections();
        await new Promise((resolve) => each.close(resolve));
      }
    },
  });
}

async function listening(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<Server> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

const urlOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
type State = Pick<HubServer, "repositories" | "log" | "mishap">;

function answerHub(state: State, store: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname: path } = new URL(request.url ?? "/", "http://hub");
  const asked = note(state, "hub", path, request, null);
  const mishap = state.mishap(asked);
  if (mishap?.kind === "break") return void request.socket.destroy();
  const answer: HubAnswer = mishap?.kind === "status" ? mishap : hubAnswer(state, store, asked);
  const { status, headers = {}, body = "" } = answer;
  asked.status = status;
  response.writeHead(status, headers).end(body);
}

interface HubAnswer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

function hubAnswer({ repositories }: State, store: string, { path, token }: Asked): HubAnswer {
  const [, name, revision = ""] = /^\/api\/models\/([^/]+\/[^/]+)\/revision\/(.+)$/.exec(path) ?? [];
  const [, repo = "", commit, file = ""] = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  const repository = repositories.get(name ?? repo);
  if (repository === undefined) return { status: 404 };
  if (repository.gated === true && token !== "Bearer secret") return { status: 401 };
  if (name !== undefined && ["main", repository.commit].includes(revision))
    return { status: 200, body: describe(repository) };
  return commit === repository.commit && repository.files.has(file)
    ? { status: 302, headers: { location: `${store}/${repo}/${file}`, "x-repo-commit": commit } }
    : { status: 404 };
}

function describe({ commit, files, saidBytes = {} }: Repository): string {
  const siblings = [...files].map(([rfilename, bytes]) => {
    const size = saidBytes[rfilename] ?? bytes.length;
    const git = createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
    const large = /\.(safetensors|gguf)$/.test(rfilename);
    return large
      ? { rfilename, size, blobId: "f".repeat(40), lfs: { sha256: sha256(bytes), size } }
      : { rfilename, size, blobId: git };
  });
  return JSON.stringify({ sha: commit, siblings });
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

function answerStore(state: State, request: IncomingMessage, response: ServerResponse): void {
  const [, repo = "", file = ""] = /^\/(.+)\/([^/]+)$/.exec(request.url ?? "") ?? [];
  const bytes = state.repositories.get(repo)?.files.get(file) ?? Buffer.alloc(0);
  const range = rangeIn(request.headers.range, bytes.length);
  const asked = note(state, "store", request.url ?? "", request, range ?? [0, bytes.length]);
  const mishap = state.mishap(asked);
  if (mishap?.kind === "status") {
    asked.status = mishap.status;
    return void response.writeHead(mishap.status, mishap.headers ?? {}).end();
  }
  const part = mishap?.kind === "no-ranges" ? null : range;
  const [from, to] = part ?? [0, bytes.length];
  asked.status = from > bytes.length ? 416 : part === null ? 200 : 206;
  const total = part === null ? {} : { "content-range": `bytes ${from}-${to - 1}/${bytes.length}` };
  response.writeHead(asked.status, { "content-length": to - from, etag: `"${sha256(bytes)}"`, ...total });
  send(response, Buffer.from(bytes.subarray(from, to)), mishap);
}

function rangeIn(header: string | undefined, bytes: number): readonly [from: number, to: number] | null {
  const [, first, last = ""] = /^bytes=(\d+)-(\d*)$/.exec(header ?? "") ?? [];
  if (first === undefined) return null;
  return [Number(first), last === "" ? bytes : Math.min(Number(last) + 1, bytes)];
}

function send(response: ServerResponse, body: Buffer, mishap: Mishap | null): void {
  if (mishap?.kind === "corrupt" && body.length > 0) body[body.length - 1] = (body.at(-1) ?? 0) ^ 1;
  if (mishap?.kind !== "break" && mishap?.kind !== "stall") return void response.end(body);
  response.write(body.subarray(0, mishap.after), () => {
    if (mishap.kind === "break") setTimeout(() => response.destroy(), 100);
  });
}

function note(state: State, at: Asked["at"], path: string, request: IncomingMessage, range: Asked["range"]): Asked {
  const ranged = request.headers.range !== undefined;
  const asked: Asked = { at, path, token: request.headers.authorization, range, ranged, status: 0 };
  state.log.push(asked);
  return asked;
}
