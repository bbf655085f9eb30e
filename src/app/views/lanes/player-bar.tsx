/** Looking again: step token by token, replay at a tenth or at true speed. Figures stay as measured. */
import { Button } from "@mantine/core";
import { useFacts, useLab } from "../../lab.ts";
import { arrivedBy } from "../../derive/timeline.ts";
import { duration } from "../../format/units.ts";
import { useFocus } from "../model.ts";
import css from "./lanes.module.css";

export function PlayerBar() {
  const { player, stores } = useLab();
  const lane = useFocus();
  const { playheadMs, playing, speed } = useFacts("player", (facts) => facts);
  const live = useFacts("runs", (facts) => facts.liveKey !== null);
  const step = (direction: 1 | -1): void => {
    player.step(direction);
    const at = arrivedBy(lane?.tokens ?? [], stores.player.getState().playheadMs) - 1;
    stores.page.setState({ token: at < 0 ? null : at });
  };
  if (lane === null || lane.tokens.length === 0 || live) return null;
  return (
    <fieldset className={css["player"]} aria-label="Replay">
      <Button size="compact-sm" variant="default" onClick={() => step(-1)} aria-label="Previous token">
        &#x2039;
      </Button>
      <Button size="compact-sm" variant="default" onClick={() => step(1)} aria-label="Next token">
        &#x203a;
      </Button>
      {playing ? (
        <Button size="compact-sm" variant="default" onClick={() => player.pause()}>
          Pause
        </Button>
      ) : (
        <>
          {playheadMs !== null && (
            <Button size="compact-sm" variant="default" onClick={() => player.resume()}>
              Go on
            </Button>
          )}
          <Button size="compact-sm" variant="default" onClick={() => player.play(1)}>
            Replay
          </Button>
          <Button size="compact-sm" variant="default" onClick={() => player.play(0.1)}>
            Ten times slower
          </Button>
        </>
      )}
      {playheadMs !== null && (
        <>
          <Button size="compact-sm" variant="subtle" onClick={() => player.end()}>
            Show all
          </Button>
          <span className={css["at"]} data-testid="playhead">
            {duration(playheadMs)}
            {playing && speed < 1 ? `, slowed ${Math.round(1 / speed)} times` : ""}
          </span>
        </>
      )}
    </fieldset>
  );
}
