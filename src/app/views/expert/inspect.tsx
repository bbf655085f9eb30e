/** What a run can be looked at with, each in a panel of its own, one press away. */
import { PANELS, type Panel } from "#core/run/config/address.ts";
import { PanelButton } from "../panel-button.tsx";
import css from "./inspect.module.css";

const NAMES: Readonly<Record<Panel, string>> = {
  preflight: "Preflight",
  plan: "Plan",
  frames: "Frames",
  record: "Record",
  share: "Share",
};

export function Inspect() {
  return (
    <fieldset className={css["inspect"]} aria-label="Inspect" data-screen-only>
      <span>Inspect:</span>
      {PANELS.map((panel) => (
        <PanelButton key={panel} panel={panel}>
          {NAMES[panel]}
        </PanelButton>
      ))}
    </fieldset>
  );
}
