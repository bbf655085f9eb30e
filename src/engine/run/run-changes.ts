/**
 * What changes while a run goes on: its cut, by schedule, by hand or because the planner thought
 * again, and its link, by hand. Asked for at any time, done between two tokens.
 */
import type { LinkChoice } from "#core/run/config.ts";
import { failureOf } from "#core/run/failure.ts";
import { CutMoves } from "../migration/cut-moves.ts";
import { linkSettingOf, patientAs } from "../link/link-setting.ts";
import type { RecordBuilder } from "./record/record-builder.ts";
import type { PlannedRun, PlanFollower, RunContext, OpenRun } from "./run-context.ts";
import type { LinkSetting } from "../link/edge-link.ts";

export interface RunBeginning {
  readonly startMs: number;
  /** Where a planner chose. */
  readonly planned: PlannedRun | null;
}

export class RunChanges {
  readonly #openRun: OpenRun;
  readonly #context: RunContext;
  readonly #builder: RecordBuilder;
  readonly #startMs: number;
  readonly #moves: CutMoves;
  readonly #follower: PlanFollower | null;
  #link: LinkChoice | null = null;

  constructor(openRun: OpenRun, context: RunContext, builder: RecordBuilder, { startMs, planned }: RunBeginning) {
    this.#openRun = openRun;
    this.#context = context;
    this.#builder = builder;
    this.#startMs = startMs;
    this.#moves = new CutMoves(openRun, context, builder, startMs);
    const { mover } = openRun.lease.tiers;
    this.#follower =
      planned === null
        ? null
        : planned.follow({
            cut: () => mover?.cut ?? null,
            move: (cut) => this.#moves.ask(cut, "re-planned"),
            onPlan: (plan) => {
              builder.plan = plan;
              context.onEvent({ kind: "plan", plan });
            },
          });
    context.changeRequests.hear((change) => {
      if (change.kind === "link") {
        this.#link = change.link;
        return openRun.resources.link !== null;
      }
      if (mover !== null) this.#moves.ask(change.cut, "asked");
      return mover !== null;
    });
  }

  async behindToken(): Promise<void> {
    await this.#relink();
    const made = this.#builder.tokens.length;
    this.#follower?.behindToken(this.#builder.tokens, this.#positions, this.#openRun.plan.config.maxTokens - made);
    await this.#moves.behindToken();
  }

  async end(): Promise<void> {
    this.#context.changeRequests.hear(null);
    await this.#moves.end();
  }

  get #positions(): number {
    return this.#openRun.plan.promptIds.length + this.#builder.tokens.length - 1;
  }

  async #relink(): Promise<void> {
    const choice = this.#link;
    this.#link = null;
    if (choice === null) return;
    try {
      await this.#relinkTo(
        await linkSettingOf({ ...this.#openRun.plan.config, link: choice }, this.#context.world, this.#context.signal),
      );
    } catch (thrown) {
      this.#context.onEvent({ kind: "notice", failure: failureOf(thrown, "changing the link") });
    }
  }

  async #relinkTo(setting: LinkSetting): Promise<void> {
    const { world, options } = this.#context;
    await this.#openRun.resources.link?.shape(patientAs(options, setting));
    const after = this.#builder.tokens.length;
    this.#builder.links.push({
      after,
      atMs: world.clock.now() - this.#startMs,
      name: setting.name,
      figures: setting.figures,
    });
    this.#moves.link = setting;
    this.#follower?.linkChanged(setting, after, this.#positions, this.#openRun.plan.config.maxTokens - after);
  }
}
