/** What went wrong and what to do next; a page that is older than its edge is offered a reload. */
import { Button } from "@mantine/core";
import { describeFailure } from "#core/run/failure-text.ts";
import type { Failure } from "#core/run/failure.ts";
import { useFacts, useLab } from "../lab.ts";
import { useFocus } from "./model.ts";
import css from "./page.module.css";

export function FailureBanner() {
  const { stores } = useLab();
  const pageFailure = useFacts("page", (facts) => facts.failure);
  const lane = useFocus();
  const finish = lane?.record?.finish;
  const runFailure = lane?.origin === "live" && finish?.kind === "failed" && finish.failure.code !== "stopped" ? finish.failure : null;
  const notice = lane?.notices.at(-1) ?? null;
  const failure = pageFailure ?? runFailure ?? notice;
  if (failure === null) return null;
  return <Banner failure={failure} grave={failure !== notice} onDismiss={pageFailure === null ? null : () => stores.page.setState({ failure: null })} />;
}

function Banner({ failure, grave, onDismiss }: { readonly failure: Failure; readonly grave: boolean; readonly onDismiss: (() => void) | null }) {
  const { title, detail, next } = describeFailure(failure);
  const reload = failure.code === "protocol-mismatch" || failure.code === "manifest-mismatch";
  return (
    <div className={css["failure"]} role={grave ? "alert" : "status"} data-grave={grave} data-testid="failure" data-code={failure.code}>
      <div>
        <strong>{title}</strong> {detail} {next}
      </div>
      <div>
        {reload && (
          <Button size="compact-sm" onClick={() => window.location.reload()}>
            Reload the page
          </Button>
        )}
        {onDismiss !== null && (
          <Button size="compact-sm" variant="default" onClick={onDismiss}>
            Dismiss
          </Button>
        )}
      </div>
    </div>
  );
}
