/** The edge's status, asked for as often as it says, and not at all while the tab is hidden. */
import { useEffect, useState } from "react";
import type { EdgeStatus } from "#core/run/edge-status.ts";
import { fetchEdgeStatus, type EdgeAnswer } from "../../device/edge-status.ts";
import { useFacts, useLab } from "../../lab.ts";

/** Until it has answered once, and where it does not. */
const ASK_AGAIN_MS = 1500;

export interface WatchedEdge {
  /** What it said last, also where it has gone since; null before its first answer. */
  readonly status: EdgeStatus | null;
  /** When that was, ms since 1970. */
  readonly atMs: number;
  /** The last answer; null before the first. */
  readonly answer: EdgeAnswer | null;
}

const UNSEEN: WatchedEdge = { status: null, atMs: 0, answer: null };

const heard =
  (answer: EdgeAnswer) =>
  (before: WatchedEdge): WatchedEdge =>
    answer.kind === "status" ? { status: answer.status, atMs: Date.now(), answer } : { ...before, answer };

export function useEdgeStatus(): WatchedEdge {
  const { access } = useLab();
  const named = useFacts("settings", ({ edge }) => edge);
  const [watched, setWatched] = useState(UNSEEN);
  useEffect(() => {
    const base = named ?? new URL(".", window.location.href).href;
    let over = false;
    let timer = 0;
    async function ask(): Promise<void> {
      clearTimeout(timer);
      if (document.hidden) return; // looked at again, it asks at once
      const answer = await fetchEdgeStatus(base, access.of(named));
      if (over) return;
      setWatched(heard(answer));
      timer = window.setTimeout(() => void ask(), answer.kind === "status" ? answer.status.refreshMs : ASK_AGAIN_MS);
    }
    const look = (): void => void ask();
    look();
    document.addEventListener("visibilitychange", look);
    return () => {
      over = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [access, named]);
  return watched;
}
