/**
 * The card of the token that is pointed at: what might have been said in its place, and how sure the
 * model was. It stands under the token, over what follows, and can be reached: what has to be agreed to is in it.
 */
import { Button } from "@mantine/core";
import { useLayoutEffect, useRef } from "react";
import { describeFailure } from "#core/run/failure/failure-text.ts";
import type { NamedCandidate, TextCandidates } from "#core/run/worker-api.ts";
import { samplingText, shareOf } from "../../derive/candidate-text.ts";
import { size } from "../../format/units.ts";
import type { Lane } from "../../stores/runs.ts";
import { useCandidates, type Scored } from "./use-candidates.ts";
import css from "./token-card.module.css";

/** Of the token, in the card's container, and how wide that is; px. */
export interface TokenPlace {
  readonly left: number;
  readonly top: number;
  readonly bottom: number;
  readonly width: number;
}

interface Props {
  readonly lane: Lane;
  readonly index: number;
  readonly at: TokenPlace;
}

export default function TokenCard({ lane, index, at }: Props) {
  const { scored, agree } = useCandidates(lane);
  const card = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (card.current !== null) stayInSight(card.current, at);
  });
  if (scored.kind === "nothing") return null;
  return (
    <div
      ref={card}
      className={css["card"]}
      style={{ "--left": `${at.left}px`, "--room": `${at.width}px` }}
      data-testid="token-card"
    >
      <Told lane={lane} index={index} scored={scored} onAgree={agree} />
    </div>
  );
}

/** Under the token; over it where there is no room for it below, and more above. */
function stayInSight(card: HTMLElement, { top, bottom }: TokenPlace): void {
  const within = (card.offsetParent ?? card).getBoundingClientRect().top;
  const below = window.innerHeight - (within + bottom);
  const above = within + top;
  const over = card.offsetHeight > below && above > below;
  card.style.top = `${over ? top - card.offsetHeight : bottom}px`;
}

interface ToldProps {
  readonly lane: Lane;
  readonly index: number;
  readonly scored: Scored;
  readonly onAgree: () => void;
}

function Told({ lane, index, scored, onAgree }: ToldProps) {
  if (scored.kind === "there") return <Best lane={lane} index={index} value={scored.value} />;
  if (scored.kind === "failed") {
    const { title, next } = describeFailure(scored.failure);
    return (
      <>
        <output>
          {title} {next}
        </output>
        <Button size="compact-sm" variant="default" onClick={onAgree}>
          Try again
        </Button>
      </>
    );
  }
  if (scored.kind === "consent") {
    const { consent } = scored;
    const weights = consent.kind === "send" || consent.bytes === null ? "the weights it lacks" : size(consent.bytes);
    return (
      <>
        <output>
          {consent.kind === "send"
            ? "How probable this was, the edge server can tell. It would be sent this request and its answer."
            : `How probable this was, only this tab may tell: the request does not leave it. It would fetch ${weights} for that.`}
        </output>
        <Button size="compact-sm" onClick={onAgree} data-testid="agree">
          {consent.kind === "send" ? "Send it" : `Fetch ${weights}`}
        </Button>
      </>
    );
  }
  if (scored.kind === "starting") return <output>How probable this was can be told once the engine is ready.</output>;
  const bytes = scored.kind === "asking" ? scored.bytes : null;
  return (
    <output>
      {bytes === null
        ? "Asking the uncut model how probable each token was."
        : `Fetching weights, ${size(bytes.done)} of ${size(bytes.total)}.`}
    </output>
  );
}

function Best({ lane, index, value }: { readonly lane: Lane; readonly index: number; readonly value: TextCandidates }) {
  const token = value.tokens[index];
  if (token === undefined) return null;
  const { said, rank, best } = token;
  const text = lane.tokens[index]?.text ?? "";
  const sampled = lane.config.temperature > 0;
  const rows = best.some(({ id }) => id === said.id) ? best : [...best, { ...said, text }];
  const among = rank === 1 ? "the most probable" : `number ${rank} by probability`;
  return (
    <output aria-label={`${shown(text)}, ${among}, ${shareOf(said)}`}>
      <table className={css["best"]}>
        <thead>
          <tr>
            <th scope="col">Might be next</th>
            <th scope="col">Before sampling</th>
            {sampled && <th scope="col">As drawn</th>}
          </tr>
        </thead>
        <tbody>
          {rows.map((each) => (
            <Row key={each.id} candidate={each} said={each.id === said.id} rank={rank} sampled={sampled} />
          ))}
        </tbody>
      </table>
      <p className={css["note"]}>
        {samplingText(lane.config)} By the uncut model {value.where === "edge" ? "at the edge server" : "in this tab"}.
      </p>
    </output>
  );
}

interface RowProps {
  readonly candidate: NamedCandidate;
  readonly said: boolean;
  readonly rank: number;
  readonly sampled: boolean;
}

function Row({ candidate, said, rank, sampled }: RowProps) {
  return (
    <tr data-said={said} style={{ "--share": Math.exp(candidate.logProb) }}>
      <th scope="row">
        {shown(candidate.text)}
        {said && <span className={css["said"]}> said{rank > 5 && `, number ${rank}`}</span>}
      </th>
      <td>{shareOf(candidate)}</td>
      {sampled && <td>{candidate.odds === 0 ? "left out" : shareOf({ logProb: Math.log(candidate.odds) })}</td>}
    </tr>
  );
}

/** What cannot be seen by itself is written out. */
const shown = (text: string): string => text.replaceAll("\n", "\u21b5").replaceAll(" ", "\u00b7") || "\u00b7";
