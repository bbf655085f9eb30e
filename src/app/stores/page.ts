/** What the page itself shows and hides: nothing here changes a run. */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { Failure } from "#core/run/failure.ts";

export type Panel = "preflight" | "share" | "frames" | "record";

export interface PageFacts {
  readonly panel: Panel | null;
  /** The token whose parts are shown; null shows the median decode token. */
  readonly token: number | null;
  /** Charts as tables. */
  readonly tables: boolean;
  readonly more: boolean;
  /** The experiment that is open instead of the one screen, by its id; null shows the screen. */
  readonly experiment: string | null;
  /** What went wrong outside a run: a bad address, a refused setting. */
  readonly failure: Failure | null;
  /** Said once to screen readers. */
  readonly announcement: string;
}

export type PageStore = StoreApi<PageFacts>;

export const createPageStore = (): PageStore =>
  createStore<PageFacts>(() => ({ panel: null, token: null, tables: false, more: false, experiment: null, failure: null, announcement: "" }));
