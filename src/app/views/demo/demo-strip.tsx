/** The strip of blocks for a recorded run: two tiers, the link between them, and what is under way on it. */
import { piecesOf, type Tier } from "../../derive/strip.ts";
import { ROW_OF, type Moment } from "../../derive/timeline.ts";
import { size } from "../../format/units.ts";
import css from "./demo.module.css";

interface Props {
  readonly blocks: number;
  readonly cut: number;
  readonly moment: Moment | null;
  readonly upBytes: number;
  readonly downBytes: number;
}

export function DemoStrip({ blocks, cut, moment, upBytes, downBytes }: Props) {
  const part = moment?.span.part;
  return (
    <div
      className={css["strip"]}
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- a picture that is drawn, not loaded
      role="img"
      aria-label={`The first ${cut} of ${blocks} blocks in this tab, the rest at the edge server; ${size(upBytes)} up and ${size(downBytes)} down a token`}
    >
      <Ground tier="tab" name="This tab" from={0} to={cut + 1} blocks={blocks} moment={moment} />
      <div className={css["wires"]}>
        <div className={css["wire"]}>
          {size(upBytes)} up
          {part === "uplinkMs" && <i style={{ left: `${100 * (moment?.progress ?? 0)}%` }} />}
        </div>
        <div className={css["wire"]} data-back>
          {size(downBytes)} down
          {part === "downlinkMs" && <i style={{ left: `${100 * (1 - (moment?.progress ?? 0))}%` }} />}
        </div>
      </div>
      <Ground tier="edge" name="Edge server" from={cut + 1} to={blocks + 2} blocks={blocks} moment={moment} />
    </div>
  );
}

interface GroundProps {
  readonly tier: Tier;
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly blocks: number;
  readonly moment: Moment | null;
}

/** Pieces from the embedding (0) to the head (blocks + 1). */
function Ground({ tier, name, from, to, blocks, moment }: GroundProps) {
  const pieces = piecesOf(blocks).slice(from, to);
  const busy = moment !== null && ROW_OF[moment.span.part] === tier;
  const lit =
    busy && (moment.span.part === "deviceMs" || moment.span.part === "edgeMs")
      ? Math.floor(moment.progress * pieces.length)
      : -1;
  return (
    <div className={css["ground"]} data-tier={tier} style={{ flexGrow: Math.max(2, pieces.length) }}>
      <strong>{name}</strong>
      <div className={css["pieces"]}>
        {pieces.map((piece, index) => (
          <span key={from + index} data-kind={piece.kind} data-lit={index === lit}>
            {piece.kind === "block" ? piece.index : <em>{piece.kind === "embedding" ? "words in" : "words out"}</em>}
          </span>
        ))}
      </div>
    </div>
  );
}
