/**
 * The link between the two tiers: wider the longer the round trip. It says what was measured and
 * what the shaper added, apart, and what one token sends each way.
 */
import type { ReactNode } from "react";
import { factsOf } from "#core/strategies/table.ts";
import type { StripMoment } from "../../derive/moments.ts";
import type { TokenPart } from "#core/run/record.ts";
import { crossing, gapRem, roundTrip } from "../../derive/link-facts.ts";
import { duration, size } from "../../format/units.ts";
import { useFacts } from "../../lab.ts";
import { useExpert } from "../level.ts";
import { useFocus, useModel } from "../model.ts";
import { Term } from "../term/term.tsx";
import { StripReadout, useStripReadout } from "./strip-readout.tsx";
import css from "./strip.module.css";

interface Props {
  readonly moments: readonly StripMoment[];
  /** The second gap of u-split: the way back to the tab's tail. */
  readonly returning: boolean;
  readonly children?: ReactNode;
}

export function LinkGap({ moments, returning, children }: Props) {
  const settings = useFacts("settings", (facts) => facts);
  const lane = useFocus();
  const { summary } = useModel();
  const trip = roundTrip(settings.link, lane);
  const bytes = crossing(settings, summary, lane);
  const { returns } = factsOf(settings.mode);
  const readout = useStripReadout("link");
  const expert = useExpert();
  const rem = gapRem(trip.totalMs);
  const packets = (way: TokenPart): readonly number[] =>
    moments.filter(({ span, flew }) => flew && span.part === way).map(({ progress }) => progress);
  return (
    <div
      className={css["gap"]}
      style={{ "--gap": `${rem}rem`, "--gap-upright": `${Math.max(4.2, rem * 0.55)}rem` }}
      data-testid="link-gap"
    >
      {children}
      <div className={css["gapHead"]}>
        <strong>
          <span className={css["gapName"]} title={returning ? undefined : trip.name}>
            {returning ? "and back" : trip.name}
          </span>{" "}
          <StripReadout readout={returning || !expert ? null : readout} name="The link" />
        </strong>
        {!returning && trip.totalMs !== null && (
          <span>
            {expert ? (
              <>
                <Term of="rtt">RTT</Term> {duration(trip.totalMs)}
              </>
            ) : (
              `${duration(trip.totalMs)} there and back`
            )}
          </span>
        )}
        {expert && !returning && trip.addedMs !== null && trip.measuredMs !== null && (
          <span>
            {duration(trip.measuredMs)} real, {duration(trip.addedMs)} added
          </span>
        )}
        {bytes !== null && (
          <span className={css["upright"]}>
            {returning ? "" : `${size(bytes.up)} up`}
            {returning || returns ? "" : ", "}
            {returning || !returns ? `${size(bytes.down)} down` : ""} a token
          </span>
        )}
      </div>
      <div className={css["wires"]}>
        {!returning && (
          <Wire rightward packets={packets("uplinkMs")}>
            {bytes === null ? "" : `${size(bytes.up)} up`}
          </Wire>
        )}
        {(returning || !returns) && (
          <Wire rightward={returning} packets={packets("downlinkMs")}>
            {bytes === null ? "" : `${size(bytes.down)} down`}
          </Wire>
        )}
      </div>
    </div>
  );
}

interface WireProps {
  readonly rightward: boolean;
  /** How far each has come. */
  readonly packets: readonly number[];
  readonly children: ReactNode;
}

function Wire({ rightward, packets, children }: WireProps) {
  return (
    <div className={`${css["wire"]} ${css[rightward ? "rightward" : "leftward"]}`}>
      <span className={css["figure"]}>{children}</span>
      {packets.map((at, index) => (
        <i
          key={index}
          className={css["packet"]}
          style={{ "--at": rightward ? at : 1 - at }}
          data-testid={rightward ? "packet-up" : "packet-down"}
          aria-hidden
        />
      ))}
    </div>
  );
}
