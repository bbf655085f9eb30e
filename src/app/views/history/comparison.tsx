/** Two runs side by side: their figures with ratios, and what differs in how they were made. */
import { Button } from "@mantine/core";
import { useRef } from "react";
import type { RunRecord } from "#core/run/record.ts";
import { compared, type Compared } from "../../derive/compare.ts";
import { laneTitle } from "../../derive/lane-text.ts";
import { dayAndTime } from "../../format/units.ts";
import { recordedLane } from "../../stores/runs.ts";
import { AgreementBadge } from "../verdict/badge.tsx";
import { Cautions } from "../verdict/cautions.tsx";
import card from "../../styles/card.module.css";
import css from "./history.module.css";

interface Props {
  /** How many are chosen so far. */
  readonly chosen: number;
  readonly pair: readonly [RunRecord, RunRecord] | null;
}

export function Comparison({ chosen, pair }: Props) {
  const place = useRef<HTMLElement>(null);
  return (
    <>
      {pair !== null && (
        <div className={css["leap"]}>
          <Button onClick={() => place.current?.scrollIntoView({ block: "start" })}>See the comparison</Button>
        </div>
      )}
      <section
        ref={place}
        className={`${card["card"]} ${css["comparison"]}`}
        aria-labelledby="comparison"
        data-testid="comparison"
      >
        <h2 id="comparison">Side by side</h2>
        <p className={css["faint"]} aria-live="polite">
          {pair === null ? INVITATIONS[chosen] : "Run A beside run B: the last column is B to A."}
        </p>
        {pair !== null && <Pair pair={pair} said={compared(...pair)} />}
      </section>
    </>
  );
}

const INVITATIONS = ["Choose two runs of the list.", "Choose one more.", "Reading both."];

function Pair({ pair, said }: { readonly pair: readonly [RunRecord, RunRecord]; readonly said: Compared }) {
  return (
    <>
      <div className={css["pair"]}>
        {pair.map((record, at) => (
          <Head key={at} record={record} letter={at === 0 ? "A" : "B"} />
        ))}
      </div>
      <table className={css["figures"]}>
        <caption className="hidden-visually">Figures of both runs</caption>
        <thead>
          <tr>
            <th scope="col">Figure</th>
            <th scope="col">A</th>
            <th scope="col">B</th>
            <th scope="col">B to A</th>
          </tr>
        </thead>
        <tbody>
          {said.figures.map(({ name, first, second, ratio }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{first}</td>
              <td>{second}</td>
              <td>{ratio ?? "\u2013"}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <h3>What differs in how they were made</h3>
      {said.differences.length === 0 ? (
        <p>Nothing: the same settings on the same machines.</p>
      ) : (
        <Differences said={said} />
      )}
      {said.cautions.map((sentence) => (
        <p key={sentence} className={css["faint"]}>
          {sentence}
        </p>
      ))}
    </>
  );
}

function Head({ record, letter }: { readonly record: RunRecord; readonly letter: string }) {
  const lane = recordedLane("", record);
  return (
    <div>
      <strong>
        {letter}: {laneTitle(lane)}
      </strong>
      <span className={css["faint"]}>{dayAndTime(record.provenance.startedAt)}</span>
      <span>
        <AgreementBadge agreement={record.agreement} mode={record.config.mode} testId="compared-agreement" />{" "}
        <Cautions lane={lane} />
      </span>
    </div>
  );
}

const Differences = ({ said }: { readonly said: Compared }) => (
  <table className={`${css["figures"]} ${css["differences"]}`} data-testid="differences">
    <caption className="hidden-visually">Settings and machines that differ</caption>
    <thead>
      <tr>
        <th scope="col">Setting</th>
        <th scope="col">A</th>
        <th scope="col">B</th>
      </tr>
    </thead>
    <tbody>
      {said.differences.map(({ name, first, second }) => (
        <tr key={name}>
          <th scope="row">{name}</th>
          <td>{first}</td>
          <td>{second}</td>
        </tr>
      ))}
    </tbody>
  </table>
);
