/**
 * What a person does with the page, as functions over the stores: choosing, asking, breaking,
 * racing. Views call these and nothing below them.
 */
import { toAddress } from "#core/run/config/address.ts";
import { UNSHAPED } from "#core/link/link-model.ts";
import { messagesIn } from "#core/run/conversation/conversation.ts";
import type { Mode, RunConfig } from "#core/run/config.ts";
import type { Failure } from "#core/run/failure.ts";
import { parseConfig } from "#core/run/config/parse-config.ts";
import { tpotOf } from "#core/plan/measured/bottleneck.ts";
import type { RunRecord } from "#core/run/record.ts";
import { resolveCut } from "#core/run/config/resolve.ts";
import type { ModelSummary, Sabotage } from "#core/run/worker-api.ts";
import { factsOf, isMode } from "#core/strategies/table.ts";
import { alone } from "../derive/alone.ts";
import type { CutChoice } from "../derive/strip.ts";
import { linkOf } from "../derive/link-facts.ts";
import { movedText, movingText } from "../derive/move-text.ts";
import { waitedAtEnd } from "../derive/outage-text.ts";
import { duration } from "../format/units.ts";
import type { Stores } from "../stores/stores.ts";
import { isRacing } from "../stores/race.ts";
import { laneOf, type Lane } from "../stores/runs.ts";
import { choiceOf, configOf, ofAnyMachine, type Said, type Settings } from "../stores/settings.ts";
import type { Turn } from "../stores/conversation.ts";
import type { AccessTokens } from "../device/access.ts";
import { admitOrigins } from "../device/named-origins.ts";
import type { EngineControl } from "./engine.ts";
import type { Player } from "./player.ts";
import type { RaceControl } from "./race.ts";
import { dividing } from "./dividing.ts";
import { askedNext, NOTHING_SAID, said, takenBack } from "./saying.ts";
import type { MoveEvent, RunControl, RunRequest } from "./runs.ts";

export interface PageActions {
  choose(part: Partial<Settings>): void;
  chooseMode(mode: string): void;
  chooseCut(choice: CutChoice): void;
  /** A preset's name, or "custom". */
  chooseLink(name: string): void;
  chooseEdge(url: string): void;
  /** A recorded link of one's own: read, and chosen where it can be replayed. */
  chooseTrace(file: string, source: string): Promise<void>;
  ask(): Promise<void>;
  answer(result: string, by: "you" | "simulated service"): Promise<void>;
  /** Answers the last of these turns; they take the place of those that were there. */
  say(turns: readonly Turn[]): Promise<void>;
  newConversation(): void;
  /** Runs the same again as the run in focus. */
  retry(): Promise<void>;
  /** Whether this tab holds all weights that the run in focus would need without an edge server. */
  canGoOnAlone(): Promise<boolean>;
  /** Ends what waits for the edge server, and answers the same on this device. */
  goOnAlone(): Promise<void>;
  breakIt(kind: Sabotage["kind"]): Promise<void>;
  race(): Promise<void>;
  stop(): Promise<void>;
  /** Takes a token for the edge that refused, and tries again what it refused. */
  admit(token: string): Promise<void>;
  prepare(): Promise<void>;
  clearStorage(): Promise<void>;
  /** The run that pressing Run would make: what is shared. */
  config(): RunConfig;
  /** Opens the address anew, with the servers that it names. */
  goElsewhere(): void;
  /** Drops them. */
  stayHere(): void;
  /** The strip, the settings and the conversation become those of a run that is shown: everything on screen is of one run. */
  follow(config: RunConfig): void;
  /** For `window.cutlayer`: shown like any other run. `runBeside`, for experiments, leaves settings and conversation be. */
  runConfig(request: RunRequest): Promise<RunRecord>;
  runBeside(request: RunRequest): Promise<RunRecord>;
}

/** The token at which a fault is put in: early enough to be seen, late enough to have been right before. */
const FAULT_AT = 4;

interface Parts {
  readonly stores: Stores;
  readonly runs: RunControl;
  /** Loaded by the first race. */
  readonly race: () => Promise<RaceControl>;
  readonly engine: EngineControl;
  readonly player: Player;
  readonly access: AccessTokens;
  /** Calls back after a moment, when a hand on the cut has come to rest. */
  readonly settle: (callback: () => void) => void;
}

type Shown = RunRecord & { readonly laneKey: string };

export class StoreActions implements PageActions {
  readonly #parts: Parts;
  /** The turn that is being answered. */
  #saying: Promise<void> | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  choose(part: Partial<Settings>): void {
    const { stores, player, engine } = this.#parts;
    player.end();
    stores.page.setState({ chosen: true });
    stores.settings.setState((before) => fitting({ ...before, ...part }, before, stores.engine.getState().models));
    engine.planSoon();
  }

  chooseMode(mode: string): void {
    if (isMode(mode)) this.choose({ mode });
  }

  chooseCut({ mode, cut, tail }: CutChoice): void {
    this.#parts.stores.page.setState({ cutMoved: true });
    this.choose({ mode, cut, tail });
    this.#parts.settle(() => this.#moveAlong(mode, cut));
  }

  chooseLink(name: string): void {
    const { stores, runs } = this.#parts;
    const link = name === "custom" ? (linkOf(stores.settings.getState().link).figures ?? UNSHAPED) : name;
    this.choose({ link });
    const live = liveLane(stores);
    if (live !== null && live.race === null) void runs.change({ kind: "link", link });
  }

  async chooseTrace(file: string, source: string): Promise<void> {
    const name = file.replaceAll(/[^A-Za-z0-9._-]/g, "-") || "trace";
    const added = await this.#parts.runs.addTrace(name, source);
    if (!added.ok) return this.#show(added.failure);
    this.#show(null);
    const { rows, lengthMs } = added.value;
    this.#announce(`The link now replays ${file}: ${rows} rows over ${duration(lengthMs)}.`);
    this.chooseLink(`trace:${name}`);
  }

  chooseEdge(url: string): void {
    const { stores, player, engine } = this.#parts;
    const { edge: before, ...others } = stores.settings.getState();
    const chosen = url === "" ? others : { ...others, edge: url };
    if (url === (before ?? "")) return;
    const config = parseConfig(chosen, "prepare");
    if (!config.ok) return this.#show(config.failure);
    this.#show(null);
    player.end();
    stores.page.setState({ chosen: true });
    stores.settings.setState(chosen, true);
    void engine.connect();
  }

  async ask(): Promise<void> {
    this.#parts.stores.page.setState({ starting: false });
    await this.#say(askedNext(this.#parts.stores.conversation.getState()));
  }

  async answer(result: string, by: "you" | "simulated service"): Promise<void> {
    await this.#say([...this.#parts.stores.conversation.getState().turns, { role: "result", content: result, by }]);
  }

  say(turns: readonly Turn[]): Promise<void> {
    return this.#say(turns);
  }

  newConversation(): void {
    const { conversation } = this.#parts.stores;
    const first = conversation.getState().turns[0];
    conversation.setState({ ...NOTHING_SAID, draft: first?.role === "user" ? first.content : "" });
  }

  async retry(): Promise<void> {
    const lane = focused(this.#parts.stores);
    const answering = lane !== null && lane.key === this.#parts.stores.conversation.getState().unanswered;
    if (lane !== null) await this.#again(answering, lane.config);
  }

  async canGoOnAlone(): Promise<boolean> {
    const config = alone(focused(this.#parts.stores));
    return config !== null && (await this.#parts.engine.missingBytes(config)) === 0;
  }

  async goOnAlone(): Promise<void> {
    const { stores, runs } = this.#parts;
    const lane = focused(stores);
    const config = alone(lane);
    if (lane === null || config === null) return;
    const { turns, unanswered } = stores.conversation.getState();
    const answering = this.#saying !== null || unanswered === lane.key;
    if (lane.record === null) {
      await runs.stop();
      await this.#saying;
      if (answering) stores.conversation.setState({ turns, answer: null }); // what there was of the answer comes again
    }
    this.choose({ mode: config.mode });
    await this.#again(answering, config);
  }

  async breakIt(kind: Sabotage["kind"]): Promise<void> {
    const { stores } = this.#parts;
    const { focus } = stores.runs.getState();
    const arrange = (key: string): readonly string[] => (focus === null ? [key] : [focus, key]);
    await this.#run(opening(stores), { options: { sabotage: { kind, atToken: FAULT_AT } }, arrange });
  }

  async race(): Promise<void> {
    const { stores, player, race } = this.#parts;
    const config = parseConfig(configOf(dividing(stores), opening(stores)));
    if (!config.ok) return this.#show(config.failure);
    this.#show(null);
    player.end();
    stores.race.setState({ state: "warming", done: 0, line: null, records: new Map() });
    const control = await race().catch(() => null);
    if (control === null) {
      stores.race.setState({ state: "idle" });
      return this.#show({ code: "edge-unreachable", url: window.location.origin, why: "the race could not be loaded" });
    }
    if (isRacing(stores.race.getState())) await control.start(config.value);
    const raced = [...stores.race.getState().records.values()].flat();
    this.#noteRun(raced.findLast((record) => record.provenance.edge !== null)?.provenance.edge ?? null);
    this.#announce(stores.race.getState().line?.text ?? "The race is over.");
  }

  async stop(): Promise<void> {
    const { stores, race, runs } = this.#parts;
    if (isRacing(stores.race.getState())) await (await race()).stop();
    else await runs.stop();
  }

  async admit(token: string): Promise<void> {
    const { stores, access, engine } = this.#parts;
    const lane = laneOf(stores.runs.getState(), stores.runs.getState().focus);
    access.keep(stores.settings.getState().edge, token);
    if (stores.engine.getState().state === "failed") {
      this.#show(null);
      await engine.connect(); // its models are for whoever has the token, too
    } else if (stores.page.getState().failure !== null) {
      this.#show(null);
      await engine.prepare();
    } else if (stores.conversation.getState().draft.trim() !== "") await this.ask();
    else if (lane !== null) await this.retry();
  }

  prepare(): Promise<void> {
    return this.#parts.engine.prepare();
  }

  clearStorage(): Promise<void> {
    return this.#parts.engine.clearStorage();
  }

  config(): RunConfig {
    const { stores } = this.#parts;
    return configOf(stores.settings.getState(), opening(stores));
  }

  goElsewhere(): void {
    admitOrigins(window.history, this.#parts.stores.page.getState().elsewhere);
    window.location.reload();
  }

  stayHere(): void {
    const { page, settings } = this.#parts.stores;
    page.setState({ elsewhere: [] });
    window.history.replaceState(null, "", toAddress(settings.getState()));
  }

  follow(config: RunConfig): void {
    const { stores, engine } = this.#parts;
    stores.settings.setState(ofAnyMachine(config));
    const { prompt, messages } = config;
    if (prompt !== undefined) stores.conversation.setState({ ...NOTHING_SAID, draft: prompt });
    else if (messages !== undefined) stores.conversation.setState({ ...NOTHING_SAID, turns: messages, draft: "" });
    engine.planSoon();
  }

  async runConfig(request: RunRequest): Promise<RunRecord> {
    const { backend, threads } = request.config;
    this.follow(request.config);
    this.#parts.stores.settings.setState({ backend, threads });
    return this.runBeside(request);
  }

  async runBeside(request: RunRequest): Promise<RunRecord> {
    const { laneKey: _ofThePage, ...record } = await this.#runConfig(request);
    return record;
  }

  /** Runs what was said, shows it, and hands back the record; null when the settings cannot be run. */
  async #run(what: Said, extra: Omit<RunRequest, "config"> = {}): Promise<Shown | null> {
    const config = parseConfig(configOf(this.#parts.stores.settings.getState(), what));
    if (config.ok) return this.#runConfig({ config: config.value, ...extra });
    this.#show(config.failure);
    return null;
  }

  async #runConfig(request: RunRequest): Promise<Shown> {
    const { stores, player, runs } = this.#parts;
    this.#show(null);
    player.end();
    stores.page.setState({ token: null });
    const onMove = (event: MoveEvent): void =>
      this.#announce(event.kind === "moved" ? movedText(event.move) : `${movingText(event)}.`);
    const record = await runs.start({ ...request, onMove });
    this.#noteRun(record.provenance.edge);
    this.#announce(announcementOf(record));
    return record;
  }

  #say(turns: readonly Turn[], config?: RunConfig): Promise<void> {
    const saying = this.#answered(turns, config).finally(() => (this.#saying = null));
    this.#saying = saying;
    return saying;
  }

  /** By the settings where no config is given. */
  async #answered(turns: readonly Turn[], config?: RunConfig): Promise<void> {
    const { conversation } = this.#parts.stores;
    const before = conversation.getState();
    conversation.setState({ ...NOTHING_SAID, turns, draft: "" });
    // On their way while the model answers; without them a person can still write the result.
    const services = import("#core/run/conversation/tool-calls.ts").catch(() => null);
    const record = config === undefined ? await this.#run(said(turns)) : await this.#runConfig({ config });
    if (record === null) return conversation.setState(takenBack(before, turns));
    const reply = messagesIn(record.text);
    const last = reply.at(-1);
    // A call that was cut off asks for nothing.
    const calls = last?.role === "call" ? await services : null;
    const half = record.finish.kind === "stopped" && calls?.isWholeCall(last?.content ?? "") === false;
    if (record.finish.kind === "failed" || half || waitedAtEnd({ record, tokens: record.tokens }) > 0)
      return conversation.setState({ unanswered: record.laneKey });
    const answer = calls?.resultFor(last?.content ?? "") ?? null;
    conversation.setState({
      turns: [...turns, ...reply.map((message) => ({ ...message, laneKey: record.laneKey }))],
      answer,
    });
  }

  /** In the conversation where the run was to answer its last turn. */
  async #again(answering: boolean, config: RunConfig): Promise<void> {
    if (answering) await this.#say(this.#parts.stores.conversation.getState().turns, config);
    else await this.#runConfig({ config });
  }

  /** A run under way goes where the cut was put, if it still stands there. */
  #moveAlong(mode: Mode, cut: number): void {
    const { stores, runs } = this.#parts;
    const live = liveLane(stores);
    const now = stores.settings.getState();
    if (live === null || live.race !== null || now.cut !== cut || !factsOf(mode).movable) return;
    if (live.config.mode === mode && live.config.model === now.model) void runs.change({ kind: "cut", cut });
  }

  /** What a run that is over changes beside itself. */
  #noteRun(edge: RunRecord["provenance"]["edge"]): void {
    const { engine } = this.#parts;
    engine.noteEdge(edge);
    void engine.refreshStorage();
    engine.planSoon();
  }

  #show(failure: Failure | null): void {
    this.#parts.stores.page.setState({ failure });
  }

  #announce(announcement: string): void {
    this.#parts.stores.page.setState({ announcement });
  }
}

const focused = (stores: Stores): Lane | null => laneOf(stores.runs.getState(), stores.runs.getState().focus);

const liveLane = (stores: Stores): Lane | null => laneOf(stores.runs.getState(), stores.runs.getState().liveKey);

/** A cut that was right for one model or mode, moved to where the next one has it: by its share of the depth, within bounds. */
function fitting(next: Settings, before: Settings, models: readonly ModelSummary[]): Settings {
  const blocks = models.find((model) => model.name === next.model)?.blocks;
  if (blocks === undefined) return next;
  const old = models.find((model) => model.name === before.model)?.blocks ?? blocks;
  const cut =
    typeof next.cut === "number" && next.model !== before.model ? Math.round((next.cut / old) * blocks) : next.cut;
  const fits = choiceOf({ ...next, cut }, blocks).cut;
  const resolved = resolveCut(cut, blocks);
  return { ...next, cut: resolved.ok && resolved.value === fits ? cut : fits };
}

/** What a race, a broken run or a shared address says: the conversation's first request, or the draft. */
function opening(stores: Stores): Said {
  const { turns, draft } = stores.conversation.getState();
  const first = turns.find((turn) => turn.role === "user")?.content;
  const recorded = laneOf(stores.runs.getState(), stores.runs.getState().focus)?.config.prompt;
  return { prompt: draft.trim() || first || recorded || "Find me an Italian restaurant in San Jose, please." };
}

function announcementOf(record: RunRecord): string {
  if (record.finish.kind === "failed") return "The run failed.";
  const tpotMs = tpotOf(record);
  const words = `${record.tokens.length} tokens${tpotMs === null ? "" : `, ${duration(tpotMs)} a token`}.`;
  if (record.agreement.kind !== "checked") return words;
  return `${words} ${record.agreement.exact ? "The same as the uncut model\u2019s." : "They differ from the uncut model\u2019s."}`;
}
