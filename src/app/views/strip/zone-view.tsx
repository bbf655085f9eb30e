/** One tier's stretch of the strip: who computes there, with what, and which pieces it holds. */
import { holdsDraft, looksUp } from "#core/strategies/table.ts";
import { useFacts } from "../../lab.ts";
import { holds, type Piece, type Zone } from "../../derive/strip.ts";
import type { StripMoment } from "../../derive/moments.ts";
import { ROW_OF } from "../../derive/timeline.ts";
import { deviceLine, edgeLine, memoryLine, queueLine } from "../../derive/tier-text.ts";
import { samePlace } from "../../derive/link-facts.ts";
import { useExpert } from "../level.ts";
import { useFocus, useModel } from "../model.ts";
import { Words } from "../term/words.tsx";
import { StripReadout, useStripReadout } from "./strip-readout.tsx";
import css from "./strip.module.css";

const keyOf = (piece: Piece): string => (piece.kind === "block" ? `b${piece.index}` : piece.kind);

interface Props {
  readonly zone: Zone;
  readonly moments: readonly StripMoment[];
  /** Whether what the run measured for this tier stands here: a tail is not counted twice. */
  readonly measured: boolean;
}

export function ZoneView({ zone, moments, measured }: Props) {
  const expert = useExpert();
  const busy = moments.some(({ span }) => ROW_OF[span.part] === zone.tier);
  // The tier as a whole: no record times single blocks.
  const lit = moments.some(({ span }) => span.part === (zone.tier === "tab" ? "deviceMs" : "edgeMs"));
  return (
    <div
      className={`${css["zone"]} ${css[zone.tier]}`}
      style={{ "--pieces": zone.pieces.length }}
      data-tail={!measured}
      data-testid={`zone-${zone.tier}`}
      data-busy={busy}
    >
      <Caption zone={zone} measured={measured} />
      <ol className={css["pieces"]} aria-label={holds(zone.pieces)}>
        {zone.pieces.map((piece) => (
          <li key={keyOf(piece)} className={css["piece"]} data-piece data-kind={piece.kind} data-lit={lit}>
            <PieceLabel piece={piece} names={expert ? NAMES : PLAIN_NAMES} />
          </li>
        ))}
      </ol>
    </div>
  );
}

/** "runs 4 blocks". */
function plainHolds({ pieces }: Zone): string {
  const blocks = pieces.filter(({ kind }) => kind === "block").length;
  return blocks === 0 ? "" : `runs ${blocks === 1 ? "one block" : `${blocks} blocks`}`;
}

const NAMES = { embedding: "embedding", head: "norm, head" } as const;
/** What stands at either end, for somebody who does not know what it is called. */
const PLAIN_NAMES = { embedding: "words in", head: "words out" } as const;

function PieceLabel({ piece, names }: { readonly piece: Piece; readonly names: typeof NAMES | typeof PLAIN_NAMES }) {
  if (piece.kind === "block") return <span>{piece.index}</span>;
  return (
    <span className={css["long"]}>
      <Words>{names[piece.kind]}</Words>
    </span>
  );
}

function Caption({ zone, measured }: { readonly zone: Zone; readonly measured: boolean }) {
  const lane = useFocus();
  const { summary } = useModel();
  const device = useFacts("engine", (facts) => facts.device);
  const edge = useFacts("engine", (facts) => facts.edge);
  const preflight = useFacts("engine", (facts) => facts.preflight);
  const settings = useFacts("settings", (facts) => facts);
  const recorded = lane?.origin === "recorded" ? lane.record?.provenance : undefined;
  const expert = useExpert();
  const tab = zone.tier === "tab";
  const readout = useStripReadout(zone.tier);
  const edgeFacts = {
    recorded: recorded?.edge ?? null,
    live: lane?.record?.provenance.edge ?? edge?.description ?? null,
    used: zone.pieces.length > 0,
    answers: edge !== null,
  };
  const idle = holdsDraft(settings)
    ? `drafts with ${settings.draftModel}`
    : looksUp(settings)
      ? "looks drafts up in the text"
      : "computes nothing of the model";
  const tabText =
    zone.pieces.length === 0
      ? idle
      : deviceLine({ recorded: recorded?.device ?? null, device, preflight, backend: settings.backend });
  const memory = measured && lane !== null && samePlace(lane, settings) ? lane.record?.memory : undefined;
  const held = (tab ? memory?.device : memory?.edge) ?? null;
  if (!expert)
    return (
      <div className={css["caption"]} data-short>
        <strong>{tab ? "This tab" : "Server"}</strong>
        <span>{plainHolds(zone)}</span>
      </div>
    );
  return (
    <div className={css["caption"]}>
      <strong>
        {tab ? "This tab" : "Edge server"}{" "}
        <StripReadout readout={measured ? readout : null} name={tab ? "This tab" : "Edge server"} />
      </strong>
      <span>{tab ? tabText : edgeLine(edgeFacts)}</span>
      <span>{memoryLine(zone, summary, held)}</span>
      {!tab && lane !== null && samePlace(lane, settings) && lane.tokens.length > 1 && (
        <span>{queueLine(lane.tokens)}</span>
      )}
    </div>
  );
}
