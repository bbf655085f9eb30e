/** The planner's options as the rows of a table. */
import { optionText, type PlanRecord } from "#core/plan/plan-record.ts";
import type { Obstacle } from "#core/plan/planner.ts";
import { duration, size } from "../format/units.ts";

export interface OptionRow {
  readonly name: string;
  readonly chosen: boolean;
  readonly cells: readonly string[];
}

const OBSTACLES: Readonly<Record<Obstacle, string>> = {
  "device-memory": "this tab\u2019s memory",
  "edge-kv": "the edge\u2019s caches",
  "min-device-blocks": "blocks that must stay here",
  "too-slow": "time per token",
};

export const optionRows = ({ options, choice }: PlanRecord, blocks: number): readonly OptionRow[] =>
  options.map((option) => ({
    name: optionText(option, blocks),
    chosen: option.mode === choice.mode && option.cut === choice.cut,
    cells: [
      duration(option.tpotMs),
      duration(option.ttftMs),
      duration(option.answerMs),
      duration(option.edgeMsPerToken),
      option.downloadMs > 0 ? duration(option.downloadMs) : "none",
      size(option.deviceBytes),
      option.obstacle === null ? "" : OBSTACLES[option.obstacle],
    ],
  }));
