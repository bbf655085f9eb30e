/**
 * What a person does with the page, as functions over the stores: choosing, asking, breaking,
 * racing. Views call these and nothing below them.
 */
import { UNSHAPED } from "#core/link/link-model.ts";
import { messagesIn, resultFor } from "#core/run/conversation.ts";
import type { Message, Mode, RunConfig } from "#core/run/config.ts";
import type { Failure } from "#core/run/failure.ts";
import { parseConfig } from "#core/run/parse-config.ts";
import { tpotOf } from "#core/plan/bottleneck.ts";
import type { RunRecord } from "#core/run/record.ts";
import { resolveCut } from "#core/run/resolve.ts";
import type { ModelSummary, Sabotage } from "#core/run/worker-api.ts";
import { factsOf, isMode } from "#core/strategies/table.ts";
import type { CutChoice } from "../derive/strip.ts";
import { linkOf } from "../derive/link-facts.ts";
import { movedText, movingText } from "../derive/move-text.ts";
import { raceVerdict } from "../derive/race-verdict.ts";
import { duration } from "../format/units.ts";
import type { Stores } from "../stores/stores.ts";
import { isRacing } from "../stores/race.ts";
import { laneOf } from "../stores/runs.ts";
import { choiceOf, configOf, type Said, type Settings } from "../stores/settings.ts";
import type { Turn } from "../stores/conversation.ts";
import type { AccessTokens } from "../device/access.ts";
import type { EngineControl } from "./engine.ts";
import type { Player } from "./player.ts";
import type { RaceControl } from "./race.ts";
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
  newConversation(): void;
  breakIt(kind: Sabotage["kind"]): Promise<void>;
  race(): Promise<void>;
  stop(): Promise<void>;
  /** Takes a token for the edge that refused, and tries again what it refused. */
  admit(token: string): Promise<void>;
  prepare(): Promise<void>;
  clearStorage(): Promise<void>;
  /** The run that pressing Run would make: what is shared. */
  config(): RunConfig;
  /** For `window.cutlayer`: shown like any other run. */
  runConfig(request: RunRequest): Promise<RunRecord>;
}

/** The token at which a fault is put in: early enough to be seen, late enough to have been right before. */
const FAULT_AT = 4;

interface Parts {
  readonly stores: Stores;
  readonly runs: RunControl;
  readonly race: RaceControl;
  readonly engine: EngineControl;
  readonly player: Player;
  readonly access: AccessTokens;
  /** Calls back after a moment, when a hand on the cut has come to rest. */
  readonly settle: (callback: () => void) => void;
}

export function createPageActions({ stores, runs, race, engine, player, access, settle }: Parts): PageActions {
  const { settings, conversation, page } = stores;
  const show = (failure: Failure | null): void => page.setState({ failure });

  function choose(part: Partial<Settings>): void {
    player.end();
    settings.setState((before) => fitting({ ...before, ...part }, before, stores.engine.getState().models));
    engine.planSoon();
  }

  const messages = (turns: readonly Turn[]): readonly Message[] =>
    turns.map(({ role, content }) => ({ role, content }));

  /** The first turn goes through `prompt`, so that its address reads well. */
  function said(turns: readonly Turn[]): Said {
    const [only] = turns;
    return turns.length === 1 && only?.role === "user" ? { prompt: only.content } : { messages: messages(turns) };
  }

  /** Runs what was said, shows it, and hands back the record; null when the settings cannot be run. */
  async function run(
    what: Said,
    extra: Omit<RunRequest, "config"> = {},
  ): Promise<(RunRecord & { readonly laneKey: string }) | null> {
    const config = parseConfig(configOf(settings.getState(), what));
    if (!config.ok) {
      show(config.failure);
      return null;
    }
    return runConfig({ config: config.value, ...extra });
  }

  async function runConfig(request: RunRequest): Promise<RunRecord & { readonly laneKey: string }> {
    show(null);
    player.end();
    page.setState({ token: null });
    const onMove = (event: MoveEvent): void =>
      page.setState({ announcement: event.kind === "moved" ? movedText(event.move) : `${movingText(event)}.` });
    const record = await runs.start({ ...request, onMove });
    engine.noteEdge(record.provenance.edge);
    void engine.refreshStorage();
    engine.planSoon();
    page.setState({ announcement: announcementOf(record) });
    return record;
  }

  async function ask(): Promise<void> {
    const { turns, draft } = conversation.getState();
    await say([...turns, { role: "user", content: draft.trim() }]);
  }

  async function say(turns: readonly Turn[]): Promise<void> {
    conversation.setState({ turns, draft: "", answer: null });
    const record = await run(said(turns));
    if (record === null || record.finish.kind === "failed") return takeBack(turns);
    const reply = messagesIn(record.text);
    const last = reply.at(-1);
    conversation.setState({
      turns: [...turns, ...reply.map((message) => ({ ...message, laneKey: record.laneKey }))],
      answer: last?.role === "call" ? resultFor(last.content) : null,
    });
  }

  /** What could not be run is open to change and to another try. */
  function takeBack(turns: readonly Turn[]): void {
    const last = turns.at(-1);
    const result = last?.role === "result";
    conversation.setState({
      turns: turns.slice(0, -1),
      draft: result ? "" : (last?.content ?? ""),
      answer: result ? last.content : null,
    });
  }

  /** A run under way goes where the cut was put, if it still stands there. */
  function moveAlong(mode: Mode, cut: number): void {
    const { liveKey } = stores.runs.getState();
    const live = laneOf(stores.runs.getState(), liveKey);
    const now = settings.getState();
    if (
      live === null ||
      live.race !== null ||
      live.config.mode !== mode ||
      live.config.model !== now.model ||
      now.cut !== cut ||
      !factsOf(mode).movable
    )
      return;
    void runs.change({ kind: "cut", cut });
  }

  return {
    choose,
    chooseMode(mode) {
      if (isMode(mode)) choose({ mode });
    },
    chooseCut({ mode, cut, tail }) {
      choose({ mode, cut, tail });
      settle(() => moveAlong(mode, cut));
    },
    chooseLink(name) {
      const link = name === "custom" ? (linkOf(settings.getState().link).figures ?? UNSHAPED) : name;
      choose({ link });
      const live = laneOf(stores.runs.getState(), stores.runs.getState().liveKey);
      if (live !== null && live.race === null) void runs.change({ kind: "link", link });
    },
    async chooseTrace(file, source) {
      const name = file.replaceAll(/[^A-Za-z0-9._-]/g, "-") || "trace";
      const added = await runs.addTrace(name, source);
      if (!added.ok) return show(added.failure);
      show(null);
      page.setState({
        announcement: `The link now replays ${file}: ${added.value.rows} rows over ${duration(added.value.lengthMs)}.`,
      });
      this.chooseLink(`trace:${name}`);
    },
    chooseEdge(url) {
      const { edge: before, ...rest } = settings.getState();
      const chosen = url === "" ? rest : { ...rest, edge: url };
      const config = parseConfig(chosen, "prepare");
      if (url === (before ?? "")) return;
      if (!config.ok) return show(config.failure);
      show(null);
      player.end();
      settings.setState(chosen, true);
      void engine.connect();
    },
    ask,
    async answer(result, by) {
      await say([...conversation.getState().turns, { role: "result", content: result, by }]);
    },
    newConversation() {
      const first = conversation.getState().turns[0];
      conversation.setState({ turns: [], draft: first?.role === "user" ? first.content : "", answer: null });
    },
    async breakIt(kind) {
      const { focus } = stores.runs.getState();
      const arrange = (key: string): readonly string[] => (focus === null ? [key] : [focus, key]);
      await run(opening(stores), { options: { sabotage: { kind, atToken: FAULT_AT } }, arrange });
    },
    async race() {
      const config = parseConfig(configOf(settings.getState(), opening(stores)));
      if (!config.ok) return show(config.failure);
      show(null);
      player.end();
      await race.start(config.value);
      const raced = [...stores.race.getState().records.values()].flat();
      engine.noteEdge(raced.findLast((record) => record.provenance.edge !== null)?.provenance.edge ?? null);
      void engine.refreshStorage();
      engine.planSoon();
      page.setState({ announcement: raceVerdict(stores.race.getState())?.text ?? "The race is over." });
    },
    async stop() {
      if (isRacing(stores.race.getState())) await race.stop();
      else await runs.stop();
    },
    async admit(token) {
      const lane = laneOf(stores.runs.getState(), stores.runs.getState().focus);
      access.keep(settings.getState().edge, token);
      if (page.getState().failure !== null) {
        show(null);
        await engine.prepare();
      } else if (conversation.getState().draft.trim() !== "") await ask();
      else if (lane !== null) await runConfig({ config: lane.config });
    },
    prepare: () => engine.prepare(),
    clearStorage: () => engine.clearStorage(),
    config: () => configOf(settings.getState(), opening(stores)),
    async runConfig(request) {
      const { laneKey: _ofThePage, ...record } = await runConfig(request);
      return record;
    },
  };
}

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
