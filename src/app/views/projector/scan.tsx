/** The page's address on this network, to scan from the room. */
import { baseForOthers, basesOf, reachesOthers } from "../../derive/page-bases.ts";
import { useFacts } from "../../lab.ts";
import { QrCode } from "../qr-code.tsx";
import css from "./projector.module.css";

const NONE: readonly string[] = [];

export function Scan() {
  const urls = useFacts("engine", (facts) => facts.edge?.urls ?? NONE);
  const base = baseForOthers(basesOf(window.location.href, urls));
  if (!reachesOthers(base))
    return (
      <p className={css["alone"]} data-testid="projector-alone">
        This page is on this machine alone: its server knows no address on a network.
      </p>
    );
  return (
    <div>
      <QrCode text={base} className={css["qr"]} />
      <p className={css["url"]} data-testid="projector-url">
        {base.replace(/^https?:\/\//, "").replace(/\/$/, "")}
      </p>
    </div>
  );
}
