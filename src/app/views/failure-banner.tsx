/**
 * What went wrong and what to do next: a page that is older than its edge is offered a reload, one
 * that an edge asks for a token a field for it.
 */
import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import { describeFailure } from "#core/run/failure-text.ts";
import type { Failure } from "#core/run/failure.ts";
import { useFacts, useLab } from "../lab.ts";
import { useFocus } from "./model.ts";
import css from "./page.module.css";

export function FailureBanner() {
  const { stores, actions } = useLab();
  const named = useFacts("settings", (facts) => facts.edge !== undefined);
  const pageFailure = useFacts("page", (facts) => facts.failure);
  const lane = useFocus();
  const finish = lane?.record?.finish;
  const runFailure =
    lane?.origin === "live" && finish?.kind === "failed" && finish.failure.code !== "stopped" ? finish.failure : null;
  const notice = lane?.notices.at(-1) ?? null;
  const failure = pageFailure ?? runFailure ?? notice;
  // One that does not even answer the page keeps out where it came from, which no token changes.
  const edgeAnswers = useFacts("engine", (facts) => facts.edge !== null);
  if (failure === null) return null;
  const asksForToken = failure.code === "access-denied" && edgeAnswers;
  return (
    <>
      <Banner
        failure={failure}
        grave={failure !== notice}
        onWithout={pageFailure?.code === "edge-unreachable" && named ? () => actions.chooseEdge("") : null}
        onDismiss={pageFailure === null ? null : () => stores.page.setState({ failure: null })}
      />
      {asksForToken && <TokenField />}
    </>
  );
}

interface BannerProps {
  readonly failure: Failure;
  readonly grave: boolean;
  /** Goes on with what served the page, where another edge server was named and is not there. */
  readonly onWithout: (() => void) | null;
  readonly onDismiss: (() => void) | null;
}

function Banner({ failure, grave, onWithout, onDismiss }: BannerProps) {
  const { title, detail, next } = describeFailure(failure);
  const reload =
    failure.code === "protocol-mismatch" || failure.code === "manifest-mismatch" || failure.code === "plugin-mismatch";
  return (
    <div
      className={css["failure"]}
      role={grave ? "alert" : "status"}
      data-grave={grave}
      data-testid="failure"
      data-code={failure.code}
    >
      <div>
        <strong>{title}</strong> {detail} {next}
      </div>
      <div>
        {reload && (
          <Button size="compact-sm" onClick={() => window.location.reload()}>
            Reload the page
          </Button>
        )}
        {onWithout !== null && (
          <Button size="compact-sm" onClick={onWithout} data-testid="without-edge">
            Go on without that server
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

function TokenField() {
  const { actions } = useLab();
  const [token, setToken] = useState("");
  return (
    <form
      className={css["token"]}
      onSubmit={(event) => {
        event.preventDefault();
        void actions.admit(token.trim());
      }}
    >
      <TextInput
        type="password"
        label="Access token of the edge server"
        autoComplete="off"
        value={token}
        data-testid="access-token"
        onChange={(event) => setToken(event.currentTarget.value)}
      />
      <Button type="submit" disabled={token.trim() === ""}>
        Use it and try again
      </Button>
    </form>
  );
}
