/**
 * What changes while a run goes on: its cut, by schedule, by hand or because the planner thought
 * again, and its link, by hand. Asked for at any time, done between two tokens.
 */
import type { LinkChoice } from "#core/run/config.ts";
import { failureOf } from "#core/run/failure.ts";
import { CutMoves } from "../migration/cut-moves.ts";
import { linkSettingOf } from "../link/link-setting.ts";
import type { RecordDraft } from "./record-draft.ts";
import type { Planned, PlanFollower, Scene, Stage } from "./scene.ts";
import type { LinkSetting } from "../link/edge-link.ts";

export interface RunBeginning {
  readonly startMs: number;
  /** Where a planner chose. */
  readonly planned: Planned | null;
}

export class RunChanges {
  readonly #stage: Stage;
  readonly #scene: Scene;
  readonly #draft: RecordDraft;
  readonly #startMs: number;
  readonly #moves: CutMoves;
  readonly #follower: PlanFollower | null;
  #link: LinkChoice | null = null;

  constructor(stage: Stage, scene: Scene, draft: RecordDraft, { startMs, planned }: RunBeginning) {
    this.#stage = stage;
    this.#scene = scene;
    this.#draft = draft;
    this.#startMs = startMs;
    this.#moves = new CutMoves(stage, scene, draft, startMs);
    const { mover } = stage.lease.tiers;
    this.#follower =
      planned === null
        ? null
        : planned.follow({
            cut: () => mover?.cut ?? null,
            move: (cut) => this.#moves.ask(cut, "re-planned"),
            onPlan: (plan) => {
              draft.plan = plan;
              scene.onEvent({ kind: "plan", plan });
            },
          });
    scene.wishes.hear((change) => {
      if (change.kind === "link") {
        this.#link = change.link;
        return stage.grounds.link !== null;
      }
      if (mover !== null) this.#moves.ask(change.cut, "asked");
      return mover !== null;
    });
  }

  async behindToken(): Promise<void> {
    await this.#relink();
    const made = this.#draft.tokens.length;
    this.#follower?.behindToken(this.#draft.tokens, this.#positions, this.#stage.plan.config.maxTokens - made);
    await this.#moves.behindToken();
  }

  async end(): Promise<void> {
    this.#scene.wishes.hear(null);
    await this.#moves.end();
  }

  get #positions(): number {
    return this.#stage.plan.promptIds.length + this.#draft.tokens.length - 1;
  }

  async #relink(): Promise<void> {
    const choice = this.#link;
    this.#link = null;
    if (choice === null) return;
    try {
      await this.#relinkTo(
        await linkSettingOf({ ...this.#stage.plan.config, link: choice }, this.#scene.world, this.#scene.signal),
      );
    } catch (thrown) {
      this.#scene.onEvent({ kind: "notice", failure: failureOf(thrown, "changing the link") });
    }
  }

  async #relinkTo(setting: LinkSetting): Promise<void> {
    const { world } = this.#scene;
    await this.#stage.grounds.link?.shape(setting);
    const after = this.#draft.tokens.length;
    this.#draft.links.push({
      after,
      atMs: world.clock.now() - this.#startMs,
      name: setting.name,
      figures: setting.figures,
    });
    this.#moves.link = setting;
    this.#follower?.linkChanged(setting, after, this.#positions, this.#stage.plan.config.maxTokens - after);
  }
}
