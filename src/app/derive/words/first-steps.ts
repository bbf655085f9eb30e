/** The three things to do first. Each is done by doing it; which ones are follows from what happened on this page. */
import type { RaceFacts } from "../../stores/race.ts";
import type { Lane } from "../../stores/runs.ts";

export interface FirstStep {
  readonly name: string;
  readonly done: boolean;
}

interface Happened {
  readonly cutMoved: boolean;
  readonly lanes: readonly Pick<Lane, "origin" | "record" | "tokens" | "race">[];
  readonly race: Pick<RaceFacts, "state">;
}

export function firstSteps({ cutMoved, lanes, race }: Happened): readonly FirstStep[] {
  const asked = lanes.some(
    (lane) => lane.origin === "live" && lane.race === null && lane.record !== null && lane.tokens.length > 0,
  );
  return [
    { name: "Move the line", done: cutMoved },
    { name: "Ask something", done: asked },
    { name: "Race it", done: race.state === "over" },
  ];
}
