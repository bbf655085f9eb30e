/**
 * The edge server, put together from what it is given: models, their compute, the page's folder
 * and the limits. Owns the port; `close` gives everything back.
 */
import { createServer as createHttpServer, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { FRAME_HEADER_BYTES } from "#core/frames/frame-header.ts";
import { SUBPROTOCOL } from "#wire/messages.ts";
import { loadedPlugins } from "#core/plugin/plugins.ts";
import type { Tokenizer } from "#engine/ports.ts";
import type { ModelFolder } from "#node/model/model-folder.ts";
import type { PluginOnDisk } from "#node/plugin-file.ts";
import { reachableUrls } from "./addresses.ts";
import type { Certificate } from "./certificate.ts";
import { classRoutes, type ClassRoutes } from "./class/answers.ts";
import type { Commons } from "./commons/commons.ts";
import { memoryCommons } from "./commons/memory-commons.ts";
import { ComputeLane } from "./compute/compute-lane.ts";
import type { ComputeHandle } from "./compute/worker.ts";
import { ModelContents } from "./http/model-files.ts";
import { hostAsked, hostPolicy, type HostPolicy } from "./http/hosts.ts";
import { originObjection, originPolicy, type OriginPolicy } from "./http/origins.ts";
import { PageFiles } from "./http/page.ts";
import { peerPolicy, type PeerPolicy } from "./http/peer.ts";
import { router } from "./http/router.ts";
import { apiAnswerer } from "./openai/answerer.ts";
import { Upstream, type UpstreamParts } from "./openai/upstream.ts";
import { pluginAnswerer } from "./plugins.ts";
import { Seats, type ServedModel } from "./seat/seats.ts";
import { warmUp } from "./seat/warm-up.ts";
import { acceptSocket, protocolObjection, type SocketServices } from "./socket/accept.ts";
import { Sessions, type NextServers } from "./socket/sessions.ts";
import { StatusBoard } from "./status/board.ts";
import { statusAnswerer } from "./status/answers.ts";
import type { Log } from "./status/log.ts";
import { createMeters, reportLevels, type Meters } from "./status/meters.ts";

export interface EdgeModel {
  readonly folder: ModelFolder;
  /** Throws Failed: model-broken. */
  readonly tokenizer: () => Promise<Tokenizer>;
}

export interface EdgeLimits {
  readonly sessions: number;
  /** Of those, what one address may have. */
  readonly sessionsPerAddress: number;
  readonly kvBytes: number;
  readonly idleTimeoutMs: number;
  readonly queueLength: number;
  /** Steps that share a pass over the weights at most. */
  readonly batch: number;
  /** Bytes of questions and answers that one session may have under way. */
  readonly pendingBytes: number;
  readonly retryAfterMs: number;
  readonly heartbeatMs: number;
  readonly helloTimeoutMs: number;
  /** How long what is under way may take once the server is asked to stop. */
  readonly drainMs: number;
}

export interface EdgeParts {
  readonly models: readonly EdgeModel[];
  /** One compute for all models, or one for each. */
  readonly sharedCompute: boolean;
  readonly startCompute: (models: readonly ModelFolder[]) => ComputeHandle;
  readonly plugins: readonly PluginOnDisk[];
  readonly page: string;
  readonly host: string | null;
  readonly port: number;
  readonly certificate: Certificate | null;
  readonly allowedOrigins: readonly string[];
  /** Names this server answers to beside its own, or `*`. */
  readonly allowedHosts: readonly string[];
  /** A proxy of the owner's stands in front and says where requests come from. */
  readonly trustForwarded?: boolean;
  readonly accessToken: string | null;
  /** A server behind this one that answers for models which are not here. */
  readonly upstream?: Omit<UpstreamParts, "log"> | null;
  /** What this server shares with others behind its address; left out, it is alone. */
  readonly commons?: Commons;
  /** Edge servers that this one may pass on to. */
  readonly next: NextServers;
  readonly limits: EdgeLimits;
  readonly log: Log;
}

export interface EdgeServer {
  readonly port: number;
  readonly urls: readonly string[];
  /** Session sockets that are open. */
  readonly sockets: number;
  /** Loads every model, one after the other. */
  warmUp(): Promise<void>;
  /** Cuts every socket without a word, as a network does; sessions stay to be resumed. */
  dropSockets(): void;
  /** Lets what is under way finish, within bounds, then closes. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

export async function startEdge(parts: EdgeParts): Promise<EdgeServer> {
  const { limits, log, certificate, host } = parts;
  const meters = createMeters();
  const { lanes, served } = lanesFor(parts, (why) => {
    meters.faults.inc({ where: "compute" });
    log.error({ why }, "a compute worker stopped; its sessions are lost");
    sessions.dropLost();
    seats.forgetWeights();
  });
  const { commons = memoryCommons() } = parts;
  const seats = new Seats(served, limits, meters, commons);
  const maxMessageBytes = largestMessage(parts.models);
  const sessions = sessionsFor(parts, seats, maxMessageBytes, meters);
  const waiting = (): number => lanes.reduce((sum, lane) => sum + lane.depth, 0);
  reportLevels(meters, {
    sessions: () => seats.count,
    queueDepth: waiting,
    kvReservedBytes: () => seats.reservedBytes,
    cutOff: () => commons.state === "cut-off",
  });

  const scheme = certificate === null ? "http" : "https";
  const doors = doorsOf(parts, scheme);
  const urls = (): readonly string[] => reachableUrls(scheme, host, portOf(server));
  const board = boardOver({ limits, seats, sessions, waiting, meters });
  const classes = classesFor(parts, seats, meters);
  const answer = httpAnswerer(parts, doors, { seats, meters, board, classes, maxMessageBytes, urls });
  const server: Server = certificate === null ? createHttpServer(answer) : createHttpsServer(certificate, answer);
  const { heartbeatMs, helloTimeoutMs } = limits;
  const services = { sessions, meters, log, heartbeatMs, helloTimeoutMs };
  const sockets = serveSockets(server, doors, maxMessageBytes, services);
  await listen(server, parts.port, host);

  const started = { server, sockets, lanes, seats, sessions, board, classes, commons };
  return {
    port: portOf(server),
    urls: urls(),
    get sockets() {
      return sockets.clients.size;
    },
    warmUp: () => warmUp(served.values(), log, seats),
    dropSockets: () => dropSockets(sockets),
    drain: () => drainEdge(started, limits.drainMs),
    close: () => closeEdge(started),
  };
}

interface BoardParts {
  readonly limits: EdgeLimits;
  readonly seats: Seats;
  readonly sessions: Sessions;
  readonly waiting: () => number;
  readonly meters: Meters;
}

const boardOver = ({ limits, seats, sessions, waiting, meters }: BoardParts): StatusBoard =>
  new StatusBoard(
    {
      clients: () => seats.open,
      away: () => sessions.away,
      waiting,
      models: () => seats.served,
      refusals: async () =>
        (await meters.refusals.get()).values.map(({ labels: { code }, value }) => ({
          code: String(code),
          count: value,
        })),
      draining: () => seats.draining,
      limits: {
        clientsMost: limits.sessions,
        waitingMost: limits.queueLength,
        batchMost: limits.batch,
        kvBytesMost: limits.kvBytes,
      },
    },
    meters.tally,
    performance.now(),
  );

interface Started {
  readonly server: Server;
  readonly sockets: WebSocketServer;
  readonly lanes: readonly ComputeLane[];
  readonly seats: Seats;
  readonly sessions: Sessions;
  readonly board: StatusBoard;
  readonly classes: ClassRoutes;
  readonly commons: Commons;
}

async function drainEdge(started: Started, atMostMs: number): Promise<void> {
  const { seats, sessions } = started;
  seats.drain();
  sessions.drain();
  const until = performance.now() + atMostMs;
  while (seats.count > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
  await closeEdge(started);
}

async function closeEdge({ server, sockets, lanes, seats, sessions, board, classes, commons }: Started): Promise<void> {
  seats.drain(); // whoever lost a session here does not open the next one here
  board.close();
  classes.close();
  const told = sessions.close();
  await Promise.all(lanes.map((lane) => lane.end()));
  await told;
  await commons.close();
  dropSockets(sockets);
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

function dropSockets({ clients }: WebSocketServer): void {
  for (const socket of clients) socket.terminate();
}

/** A minute of computing, as estimated, that one seat may have waiting; the least worth waiting before asking again; and a minute that a step may wait to begin. */
const QUEUE = { ofOneOwnerMs: 60_000, retryAfterMs: 50, waitMs: 60_000 };

/** For one address, however few sessions it may have. */
const WRONG_RESUMES_LEAST = 64;
/** A step at the hop behind, once it has begun there. */
const COMPUTED_WITHIN_MS = 30_000;

/** One lane for all models, or one for each; `onDeath` is told why a compute on one of them ended. */
function lanesFor(
  { models, sharedCompute, startCompute, limits }: EdgeParts,
  onDeath: (why: string) => void,
): { readonly lanes: readonly ComputeLane[]; readonly served: ReadonlyMap<string, ServedModel> } {
  const { queueLength, batch } = limits;
  const queue = { length: queueLength, batch, ofOneOwner: Math.min(32, queueLength), ...QUEUE };
  const laneOf = (folders: readonly ModelFolder[]): ComputeLane =>
    new ComputeLane({
      start: () => startCompute(folders),
      limits: queue,
      manifests: new Map(folders.map(({ manifest }) => [manifest.name, manifest])),
      onDeath,
    });
  const folders = models.map(({ folder }) => folder);
  const shared = sharedCompute ? laneOf(folders) : null;
  const served = new Map(
    folders.map((folder) => [folder.manifest.name, { manifest: folder.manifest, lane: shared ?? laneOf([folder]) }]),
  );
  return { lanes: [...new Set([...served.values()].map(({ lane }) => lane))], served };
}

/** A frame that carries the full context's activations of the widest model, within reason. */
function largestMessage(models: readonly EdgeModel[]): number {
  const needed = models.map(({ folder }) => {
    const { context, hidden } = folder.manifest.architecture;
    return FRAME_HEADER_BYTES + context * (hidden * 4 + 8);
  });
  return Math.min(64 << 20, Math.max(1 << 20, ...needed));
}

interface Doors {
  readonly hosts: HostPolicy;
  readonly origins: OriginPolicy;
  readonly peers: PeerPolicy;
}

const doorsOf = (
  { allowedHosts, allowedOrigins, host, certificate, trustForwarded = false }: EdgeParts,
  scheme: "http" | "https",
): Doors => ({
  hosts: hostPolicy({ allowed: allowedHosts, listening: host, certificate: certificate?.cert ?? null }),
  origins: originPolicy(allowedOrigins, scheme),
  peers: peerPolicy(trustForwarded),
});

function sessionsFor(
  { limits: { idleTimeoutMs, pendingBytes, retryAfterMs, sessionsPerAddress }, accessToken, next, log }: EdgeParts,
  seats: Seats,
  maxMessageBytes: number,
  meters: Meters,
): Sessions {
  const wrongResumes = Math.max(WRONG_RESUMES_LEAST, 2 * sessionsPerAddress);
  const nextHopMs = QUEUE.waitMs + COMPUTED_WITHIN_MS;
  const limits = { idleTimeoutMs, maxMessageBytes, pendingBytes, retryAfterMs, wrongResumes, nextHopMs, accessToken };
  return new Sessions(seats, limits, next, meters, log);
}

const classesFor = ({ accessToken, limits: { retryAfterMs }, log }: EdgeParts, seats: Seats, meters: Meters) =>
  classRoutes({ accessToken, draining: () => seats.draining, retryAfterMs, meters, log });

interface Serving {
  readonly seats: Seats;
  readonly meters: Meters;
  readonly board: StatusBoard;
  readonly classes: ClassRoutes;
  readonly maxMessageBytes: number;
  readonly urls: () => readonly string[];
}

/** All that is asked over HTTP: status, classes, the OpenAI API, plugins, then models' files and the page's. */
function httpAnswerer(
  { models, limits, accessToken, upstream = null, certificate, plugins, page, log }: EdgeParts,
  doors: Doors,
  { seats, meters, board, classes, maxMessageBytes, urls }: Serving,
): ReturnType<typeof router> {
  const { sessions, kvBytes, idleTimeoutMs, queueLength } = limits;
  const status = statusAnswerer({
    meters,
    board,
    accessToken,
    draining: () => seats.draining,
    info: () => ({
      urls: urls(),
      secure: certificate !== null,
      models: seats.listed,
      accessTokenNeeded: accessToken !== null,
      plugins: loadedPlugins(),
      limits: { sessions, kvBytes, idleTimeoutMs, queueLength, maxMessageBytes },
    }),
  });
  const apiModels = new Map(
    models.map(({ folder, tokenizer }) => [folder.manifest.name, { manifest: folder.manifest, tokenizer }]),
  );
  const behind = upstream === null ? null : new Upstream({ ...upstream, log });
  const api = apiAnswerer({
    models: apiModels,
    seats,
    accessToken,
    meters,
    log,
    startedMs: Date.now(),
    upstream: behind,
  });
  return router({
    ...doors,
    answerers: [status, classes.answerer, api, pluginAnswerer(plugins)],
    models: new ModelContents(
      models.map(({ folder }) => folder),
      () => seats.listed,
    ),
    accessToken,
    page: new PageFiles(page),
    meters,
    log,
  });
}

function serveSockets(
  server: Server,
  { hosts, origins, peers }: Doors,
  maxPayload: number,
  services: SocketServices,
): WebSocketServer {
  // A page with another protocol is let in far enough to be told so.
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : ([...offered][0] ?? false)),
  });
  server.on("upgrade", (request, connection, head) => {
    connection.on("error", () => connection.destroy());
    if (request.url?.split("?", 1)[0] !== "/session") return turnAway(connection, "404 Not Found");
    sockets.handleUpgrade(request, connection, head, (socket) => {
      const offered = (request.headers["sec-websocket-protocol"] ?? "")
        .split(",")
        .map((name) => name.trim())
        .filter((name) => name !== "");
      const objection =
        hosts(hostAsked(request)) ??
        originObjection(origins(request.headers)) ??
        protocolObjection(offered, SUBPROTOCOL);
      acceptSocket({ socket, connection, peer: peers(request), objection }, services);
    });
  });
  return sockets;
}

/** Ends both halves: a peer that keeps its own open would hold the server's end up. */
function turnAway(connection: Duplex, status: string): void {
  connection.once("finish", () => connection.destroy());
  connection.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function listen(server: Server, port: number, host: string | null): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, ...(host === null ? {} : { host }) }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
