/** What the show plays: the runs that the page opens with, and those recorded for it. All of it ships with the page. */
import { readDemo, type DemoRecording } from "#core/run/record/demo-recording.ts";
import { refuse, type Result } from "#core/run/failure.ts";
import type { RunRecord } from "#core/run/record.ts";
import { loadRecordings } from "./recordings.ts";

export interface DemoRuns extends DemoRecording {
  /** The same request split, at the edge alone and in the tab alone; the first is the one whose token is followed. */
  readonly race: readonly RunRecord[];
}

const URL_OF_DEMO = "recordings/demo.json";

export async function loadDemo(): Promise<Result<DemoRuns>> {
  try {
    const response = await fetch(URL_OF_DEMO);
    if (!response.ok)
      return refuse({
        code: "download-failed",
        url: URL_OF_DEMO,
        status: response.status,
        why: "this page ships no recorded show",
      });
    const demo = readDemo(await response.json());
    return demo.ok ? { ok: true, value: { ...demo.value, race: await loadRecordings() } } : demo;
  } catch (thrown) {
    return refuse({
      code: "download-failed",
      url: URL_OF_DEMO,
      status: null,
      why: thrown instanceof Error ? thrown.message : String(thrown),
    });
  }
}
