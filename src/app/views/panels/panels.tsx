/** The panels beside the one screen, in a dialog: preflight, frames, record, share. */
import { useState } from "react";
import type { Panel } from "#core/run/config/address.ts";
import { useFacts, useLab } from "../../lab.ts";
import { Dialog } from "../dialog.tsx";
import { FramePanel } from "./frame-panel.tsx";
import { PlanPanel } from "./plan-panel.tsx";
import { FirstUses, FirstUsesContext } from "../term/first-uses.ts";
import { PreflightPanel } from "./preflight-panel.tsx";
import { RecordPanel } from "./record-panel.tsx";
import { SharePanel } from "./share-panel.tsx";

const TITLES: Readonly<Record<Panel, string>> = {
  preflight: "What this tab can do",
  plan: "Why the planner chose this",
  frames: "Frames on the wire",
  record: "The run\u2019s record",
  share: "Share this run",
};

export default function Panels() {
  const { stores } = useLab();
  const panel = useFacts("page", (facts) => facts.panel);
  const [uses] = useState(() => new FirstUses());
  if (panel === null) return null;
  return (
    <Dialog
      title={TITLES[panel]}
      wide={panel === "frames" || panel === "plan"}
      onClose={() => stores.page.setState({ panel: null })}
    >
      <FirstUsesContext value={uses}>
        {panel === "preflight" && <PreflightPanel />}
        {panel === "plan" && <PlanPanel />}
        {panel === "frames" && <FramePanel />}
        {panel === "record" && <RecordPanel />}
        {panel === "share" && <SharePanel />}
      </FirstUsesContext>
    </Dialog>
  );
}
