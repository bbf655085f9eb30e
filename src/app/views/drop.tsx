/** Files dropped anywhere on the page are opened, whichever view is open. */
import { useEffect, useState } from "react";
import { useLab } from "../lab.ts";
import css from "./page.module.css";

export function Drop() {
  const lab = useLab();
  const [over, setOver] = useState(false);
  useEffect(() => {
    const drag = (event: DragEvent): void => {
      if (event.dataTransfer?.types.includes("Files") !== true) return;
      event.preventDefault();
      setOver(event.type === "dragover");
    };
    const drop = (event: DragEvent): void => {
      const file = event.dataTransfer?.files[0];
      setOver(false);
      if (file === undefined) return;
      event.preventDefault();
      void import("./lab/open-file.ts").then(({ openFile }) => openFile(lab, file));
    };
    window.addEventListener("dragover", drag);
    window.addEventListener("dragleave", drag);
    window.addEventListener("drop", drop);
    return () => {
      window.removeEventListener("dragover", drag);
      window.removeEventListener("dragleave", drag);
      window.removeEventListener("drop", drop);
    };
  }, [lab]);
  return over && <div className={css["over"]} aria-hidden />;
}
