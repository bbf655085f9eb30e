/** Records of other times on the one screen: strip, settings, prompt and conversation become those of the first. */
import type { RunRecord } from "#core/run/record.ts";
import { SCREEN } from "../control/routing.ts";
import type { Lab } from "../lab.ts";
import { recordedLane, type Lane } from "../stores/runs.ts";

/** Their lanes, in order. */
export function showRecords({ stores, actions, player }: Lab, records: readonly RunRecord[]): readonly Lane[] {
  const lanes = records.map((record, at) => recordedLane(`opened-${Date.now()}-${at}`, record));
  const shown = lanes.map(({ key }) => key);
  player.end();
  if (records[0] !== undefined) actions.follow(records[0].config);
  stores.runs.setState((runs) => ({ lanes: [...runs.lanes, ...lanes], shown, focus: shown[0] ?? null }));
  stores.page.setState({ ...SCREEN, failure: null, token: null });
  return lanes;
}
