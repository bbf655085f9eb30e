/** The browser's word that a network is there again: in a worker as in a page. */
import type { HearOnline } from "#engine/link/link-ports.ts";

export const onOnline: HearOnline = (back) => {
  globalThis.addEventListener("online", back);
  return () => globalThis.removeEventListener("online", back);
};
