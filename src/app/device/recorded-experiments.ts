/** Recorded results that the page ships for its lessons, by experiment. */
import { refuse, type Result } from "#core/run/failure.ts";
import { readRecorded, type RecordedExperiment } from "#lab/results/recorded.ts";

export async function loadRecordedExperiment(id: string): Promise<Result<RecordedExperiment>> {
  const url = `recordings/experiments/${id}.json`;
  try {
    const response = await fetch(url);
    if (!response.ok)
      return refuse({
        code: "download-failed",
        url,
        status: response.status,
        why: "this page ships no recording of the experiment",
      });
    return readRecorded(await response.json());
  } catch (thrown) {
    return refuse({
      code: "download-failed",
      url,
      status: null,
      why: thrown instanceof Error ? thrown.message : String(thrown),
    });
  }
}
