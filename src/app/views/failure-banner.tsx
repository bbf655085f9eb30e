/**
 * What went wrong and what to do next: a page that is older than its edge is offered a reload, one
 * that an edge asks for a token a field for it.
 */
import { Button, TextInput } from "@mantine/core";
import { useEffect, useState, type ReactNode } from "react";
import { describeFailure } from "#core/run/failure/failure-text.ts";
import type { Failure, FailureCode } from "#core/run/failure.ts";
import { waitedAtEnd } from "../derive/outage-text.ts";
import { useFacts, useLab } from "../lab.ts";
import type { Lane } from "../stores/runs.ts";
import { useFocus } from "./model.ts";
import { useInterrupted } from "./verdict/said.ts";
import css from "./page.module.css";

/** What went wrong outside a run. */
export function FailureBanner() {
  const { stores, actions } = useLab();
  const named = useFacts("settings", (facts) => facts.edge !== undefined);
  const failure = useFacts("page", (facts) => facts.failure);
  if (failure === null) return null;
  return (
    <>
      <Banner failure={failure} grave>
        {failure.code === "edge-unreachable" && named && (
          <Button size="compact-sm" onClick={() => actions.chooseEdge("")} data-testid="without-edge">
            Go on without that server
          </Button>
        )}
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => stores.page.setState({ failure: null, starting: false })}
        >
          Dismiss
        </Button>
      </Banner>
      <TokenField failure={failure} />
    </>
  );
}

/** Of the run in focus, right under the headline: what it waits for, what it ended with, and what can be done. */
export function RunTrouble() {
  const { actions } = useLab();
  const focus = useFocus();
  const waiting = useInterrupted();
  const lane = waiting ?? focus; // in a race another may be looked at
  const above = useFacts("page", (facts) => facts.failure !== null);
  if (lane === null || above || lane.origin === "recorded") return null;
  if (lane.record === null && lane.reconnecting !== null)
    return (
      <output className={css["failure"]} data-grave={false} data-testid="reconnecting">
        <div>
          <strong>The edge server does not answer.</strong> The answer goes on where it was as soon as it is back.
        </div>
        <div>
          <Button size="compact-sm" variant="default" onClick={() => void actions.stop()} data-testid="end-waiting">
            Cancel
          </Button>
          <AloneButton lane={lane} />
        </div>
      </output>
    );
  const finish = lane.record?.finish;
  if (finish?.kind === "stopped" && lane.race === null && waitedAtEnd(lane) > 0)
    return (
      <output className={css["failure"]} data-grave={false} data-testid="left-waiting">
        <div>
          <strong>The edge server did not answer when this was stopped.</strong> What had come of the answer is kept.
        </div>
        <div>
          <RetryButton />
          <AloneButton lane={lane} />
        </div>
      </output>
    );
  const failure = finish?.kind === "failed" && finish.failure.code !== "stopped" ? finish.failure : null;
  const shown = failure ?? lane.notices.at(-1) ?? null;
  if (shown === null) return null;
  return (
    <>
      <Banner failure={shown} grave={failure !== null}>
        {failure !== null && lane.race === null && (
          <>
            <RetryButton />
            {AWAY.includes(failure.code) && <AloneButton lane={lane} />}
          </>
        )}
      </Banner>
      <TokenField failure={shown} />
    </>
  );
}

function RetryButton() {
  const { actions } = useLab();
  return (
    <Button size="compact-sm" onClick={() => void actions.retry()} data-testid="retry">
      Retry
    </Button>
  );
}

/** Failures that a run without an edge server does not have. */
const AWAY: readonly FailureCode[] = ["edge-gone", "edge-unreachable", "edge-draining", "edge-full", "session-lost"];

/** Where this tab holds all it needs for that. */
function AloneButton({ lane }: { readonly lane: Lane }) {
  const { actions } = useLab();
  const [can, setCan] = useState(false);
  useEffect(() => {
    let wanted = true;
    void actions.canGoOnAlone().then((now) => wanted && setCan(now));
    return () => {
      wanted = false;
    };
  }, [actions, lane.key]);
  if (!can || lane.race !== null) return null;
  return (
    <Button size="compact-sm" variant="default" onClick={() => void actions.goOnAlone()} data-testid="go-on-alone">
      Go on in this tab alone
    </Button>
  );
}

interface BannerProps {
  readonly failure: Failure;
  readonly grave: boolean;
  /** Buttons. */
  readonly children: ReactNode;
}

function Banner({ failure, grave, children }: BannerProps) {
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
        {children}
      </div>
    </div>
  );
}

function TokenField({ failure }: { readonly failure: Failure }) {
  const { actions } = useLab();
  const [token, setToken] = useState("");
  // One that does not even answer the page keeps out where it came from, which no token changes.
  const edgeAnswers = useFacts("engine", (facts) => facts.edge !== null);
  if (failure.code !== "access-denied" || !edgeAnswers) return null;
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
