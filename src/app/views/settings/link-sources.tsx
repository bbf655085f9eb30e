/** The figures of the chosen link and what each of them rests on. */
import { LINK_PRESETS } from "#core/link/presets.ts";
import type { LinkFigures } from "#core/run/config.ts";
import { useFacts } from "../../lab.ts";
import { Words } from "../term/words.tsx";
import css from "./toolbar.module.css";

const LABELS: readonly (readonly [keyof LinkFigures, string, string])[] = [
  ["uplinkMbps", "Up", "Mbit/s"],
  ["downlinkMbps", "Down", "Mbit/s"],
  ["rttMs", "RTT", "ms"],
  ["jitterMs", "Jitter", "ms"],
  ["loss", "Loss", "of packets"],
];

export function LinkSources() {
  const link = useFacts("settings", (facts) => facts.link);
  const preset = LINK_PRESETS.find((each) => each.name === link);
  if (preset === undefined || Object.keys(preset.basis).length === 0) return null;
  return (
    <ul className={css["sources"]} aria-label={`Where the figures of ${preset.label} come from`}>
      {LABELS.map(([key, name, unit]) => {
        const basis = preset.basis[key];
        return (
          <li key={key}>
            <Words>{`${name} ${preset.figures[key]} ${unit}`}</Words>
            {basis !== undefined && (
              <>
                : {basis.kind}, {basis.url === undefined ? basis.source : <a href={basis.url}>{basis.source}</a>}
              </>
            )}
          </li>
        );
      })}
    </ul>
  );
}
