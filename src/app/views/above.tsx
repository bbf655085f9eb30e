/** What stands above every view: an address that names another server, what went wrong outside a run, what was opened from a file. */
import { Button } from "@mantine/core";
import { useFacts, useLab } from "../lab.ts";
import { Elsewhere } from "./elsewhere.tsx";
import { FailureBanner } from "./failure-banner.tsx";
import css from "./page.module.css";

export default function Above() {
  return (
    <>
      <Elsewhere />
      <FailureBanner />
      <Opened />
    </>
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
