/**
 * When the cut of a run moves, and how: as its config schedules, or as somebody asks while it
 * runs. What the next move needs is prepared while tokens come (shards are fetched, both tiers'
 * segments opened); the move itself comes behind a token.
 * A scheduled move that cannot be ends the run, as any config that cannot be; one that was asked
 * for becomes a notice, and the run goes on where the cut is.
 */
import { kvBytesPerPosition } from "#core/model/families/registry.ts";
import { estimateMove, type MoveEstimate } from "#core/plan/modelled/move.ts";
import { tierTimesOf, type TierTimes } from "#core/plan/measured/tier-times.ts";
import type { MoveWay } from "#core/run/config.ts";
import { fail, failureOf } from "#core/run/failure.ts";
import type { CutMove } from "#core/run/record.ts";
import { resolveSplit } from "#core/run/config/resolve.ts";
import { figuresOf } from "../link/link-figures.ts";
import type { PreparedMove } from "./cut-mover.ts";
import type { RecordBuilder } from "../run/record/record-builder.ts";
import type { RunContext, OpenRun } from "../run/run-context.ts";
import type { LinkSetting } from "../link/edge-link.ts";

interface PendingMove {
  readonly to: number;
  readonly why: CutMove["why"];
  readonly way: MoveWay | null;
  /** Tokens before it. */
  readonly after: number;
}

interface Preparing extends PendingMove {
  readonly opening: Promise<PreparedMove>;
  ready: boolean;
}

export class CutMoves {
  readonly #openRun: OpenRun;
  readonly #context: RunContext;
  readonly #builder: RecordBuilder;
  readonly #startMs: number;
  /** As it is now. */
  link: LinkSetting;
  #scheduled: readonly PendingMove[];
  #preparing: Preparing | null = null;
  /** As measured before the first move: later tokens' blocks are others. */
  #tiers: TierTimes | null = null;

  constructor(openRun: OpenRun, context: RunContext, builder: RecordBuilder, startMs: number) {
    this.#openRun = openRun;
    this.#context = context;
    this.#builder = builder;
    this.#startMs = startMs;
    this.link = openRun.plan.link;
    this.#scheduled = openRun.plan.moves.map(({ cut, after, way }) => ({
      to: cut,
      why: "scheduled",
      way: way ?? null,
      after,
    }));
    if (openRun.lease.tiers.mover === null) return;
    this.#prepareNext();
  }

  /** Somebody wants the cut elsewhere, as soon as it can be. */
  ask(cut: number, why: CutMove["why"]): void {
    const { plan } = this.#openRun;
    const possible = resolveSplit({ ...plan.config, cut }, plan.model.manifest.architecture.blocks);
    if (!possible.ok) this.#context.onEvent({ kind: "notice", failure: possible.failure });
    else this.#prepare({ to: possible.value.cut, why, way: null, after: 0 });
  }

  /** Between two tokens: what is due is done. */
  async behindToken(): Promise<void> {
    const made = this.#builder.tokens.length;
    const preparing = this.#preparing;
    if (preparing === null || made < preparing.after || this.#isLast(made)) return;
    if (preparing.why !== "scheduled" && !preparing.ready) return; // tokens go on meanwhile
    this.#preparing = null;
    try {
      await this.#move(preparing, await preparing.opening);
    } catch (thrown) {
      const failure = failureOf(thrown, "moving the cut");
      if (preparing.why === "scheduled" || failure.code === "stopped") throw thrown;
      this.#context.onEvent({ kind: "notice", failure });
    }
    this.#prepareNext();
  }

  /** Nobody moves it any more; what was prepared in vain is closed. */
  async end(): Promise<void> {
    await this.#giveUp();
  }

  /** After the last token nothing would use it. */
  #isLast(made: number): boolean {
    const { config, model } = this.#openRun.plan;
    return (
      made >= config.maxTokens ||
      (!config.endless && model.manifest.stopIds.includes(this.#builder.tokens.at(-1)?.id ?? -1))
    );
  }

  #prepareNext(): void {
    const [next, ...later] = this.#scheduled;
    if (next === undefined || this.#preparing !== null) return;
    this.#scheduled = later;
    this.#prepare(next);
  }

  #prepare(planned: PendingMove): void {
    const { mover } = this.#openRun.lease.tiers;
    if (mover === null) return;
    void this.#giveUp();
    const from = mover.cut;
    if (planned.to === from) return this.#prepareNext();
    const preparing: Preparing = { ...planned, opening: mover.prepare(planned.to, this.#context.signal), ready: false };
    this.#preparing = preparing;
    this.#context.onEvent({ kind: "moving", from, to: planned.to, phase: "preparing" });
    const settled = (): void => {
      preparing.ready = true;
    };
    preparing.opening.then(settled, settled);
  }

  async #giveUp(): Promise<void> {
    const preparing = this.#preparing;
    this.#preparing = null;
    await preparing?.opening.then(
      (prepared) => prepared.discard(),
      () => undefined,
    );
  }

  async #move({ to, why, way }: Preparing, prepared: PreparedMove): Promise<void> {
    const { plan, lease } = this.#openRun;
    const { world, onEvent, signal } = this.#context;
    const from = lease.tiers.mover?.cut ?? fail({ code: "internal", where: "CutMoves", what: "a move without a cut" });
    onEvent({ kind: "moving", from, to, phase: "moving" });
    const ids = [...plan.promptIds, ...this.#builder.tokenIds].slice(0, -1); // the last has been through no tier yet
    const estimate = await this.#estimate(from, to, ids.length);
    const sinceMs = world.clock.now();
    const chosen = way ?? estimate.way;
    const bytes = await prepared.carryOut(chosen, ids, signal);
    const [predictedMs, otherwiseMs] =
      chosen === "carry" ? [estimate.carryMs, estimate.rebuildMs] : [estimate.rebuildMs, estimate.carryMs];
    const after = this.#builder.tokens.length;
    const move: CutMove = {
      after,
      from,
      to,
      why,
      way: chosen,
      predictedMs,
      otherwiseMs,
      measuredMs: world.clock.now() - sinceMs,
      atMs: sinceMs - this.#startMs,
      positions: ids.length,
      ...bytes,
    };
    this.#builder.moves.push(move);
    onEvent({ kind: "moved", move });
  }

  async #estimate(from: number, to: number, positions: number): Promise<MoveEstimate> {
    const { plan, resources } = this.#openRun;
    const { architecture } = plan.model.manifest;
    const { resolved, tokens } = this.#builder;
    this.#tiers ??= tierTimesOf([{ config: plan.config, resolved, tokens: [...tokens] }]);
    const report = await resources.link?.report();
    return estimateMove({
      from,
      to,
      positions,
      hidden: architecture.hidden,
      codec: plan.codec,
      kvBytes: kvBytesPerPosition(architecture),
      link: figuresOf(this.link),
      realRttMs: report?.realRttMs ?? 0,
      tiers: this.#tiers,
    });
  }
}
