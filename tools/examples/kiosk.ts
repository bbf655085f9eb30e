/** Example of a scenario (docs/guides/extending.md): a kiosk whose tab may hold little. Its row checks that it is one. */
import type { RunRecord } from "#core/run/record.ts";

const MOST_MB = 8;

export const kiosk = {
  label: "Kiosk",
  question: `Does a tab of ${MOST_MB} MB do?`,
  about: "Weights, keys and values that this tab held in the run, as it counted them.",
  prompt: "I want to see a movie in Berkeley tonight.",
  settings: { mode: "split", cut: 2, link: "wifi6" },
  verdict: ({ memory: { device } }: RunRecord) => {
    const heldMb = (device.weightBytes + device.kvBytes) / 1e6;
    const text = `This tab held ${heldMb.toFixed(1)} MB: ${heldMb <= MOST_MB ? "it does" : "it does not do"}.`;
    return { text, wrong: false, under: [] };
  },
} as const;
