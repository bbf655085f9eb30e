/** What stands above every view: an address that names another server, what went wrong outside a run, what was opened from a file, the class that a tab is in. */
import { Button } from "@mantine/core";
import { Suspense } from "react";
import { useFacts, useLab } from "../lab.ts";
import { Elsewhere } from "./elsewhere.tsx";
import { FailureBanner } from "./failure-banner.tsx";
import { later, NotLoaded } from "./later.tsx";
import css from "./page.module.css";

const InClass = later(async () => ({ default: (await import("./class/class-view.tsx")).InClass }), NotLoaded);

export default function Above() {
  return (
    <>
      <div className={css["above"]}>
        <div>
          <Elsewhere />
          <FailureBanner />
          <Opened />
        </div>
      </div>
      <Class />
    </>
  );
}

/** A student's tab is in a class on every view; the lecturer's own view is not one of them. */
function Class() {
  const code = useFacts("page", ({ inClass, view }) => (view === "class" ? null : inClass));
  return (
    code !== null && (
      <div className={css["inClass"]} data-on>
        <Suspense fallback={null}>
          <InClass key={code} code={code} />
        </Suspense>
      </div>
    )
  );
}

/** It is said until something else is opened. */
function Opened() {
  const { stores } = useLab();
  const opened = useFacts("page", (facts) => facts.opened);
  if (opened === null) return null;
  return (
    <output className={css["opened"]} data-testid="opened">
      {opened}
      <Button size="compact-sm" variant="default" onClick={() => stores.page.setState({ opened: null })}>
        Dismiss
      </Button>
    </output>
  );
}
