/** What the page itself shows and hides: nothing here changes a run. */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { Level, Panel, ViewName } from "#core/run/config/address.ts";
import type { Failure } from "#core/run/failure.ts";

/** One answer a question: the place of a choice, or an amount; null before there is one. */
export interface Prediction {
  /** Of its lesson; 0 where that is an experiment from a file. */
  readonly lesson: number;
  readonly answers: readonly (number | null)[];
  /** Seen the result: answers stay as they were. */
  readonly committed: boolean;
}

export interface PageFacts {
  readonly panel: Panel | null;
  /** What is shown instead of the one screen; null shows it, or the open experiment or lesson. */
  readonly view: ViewName | null;
  /** How much the page says and offers. */
  readonly level: Level;
  /** Under which runs are judged, by its name; null where under none. */
  readonly scenario: string | null;
  /** The code of the class that this tab is in. */
  readonly inClass: string | null;
  /** The run that was on screen when it was entered: not one of its own. */
  readonly enteredAt: string | null;
  /** The token whose parts are shown; null shows the median decode token. */
  readonly token: number | null;
  /** The token of the run in focus that a chart points at: the others and the lanes mark it too. */
  readonly pointed: number | null;
  /** Charts as tables. */
  readonly tables: boolean;
  readonly more: boolean;
  /** The experiment that is open instead of the one screen, by its id; null shows the screen. */
  readonly experiment: string | null;
  /** Of the open experiment its lesson is shown. */
  readonly lesson: boolean;
  /** What a class has answered, by experiment: in this tab only, and gone with it. */
  readonly predictions: Readonly<Record<string, Prediction>>;
  /** Larger text and charts in the lab, for a room. */
  readonly largeText: boolean;
  /** The show for a stand, instead of everything else. */
  readonly demo: boolean;
  /** Somebody has chosen settings: from then on the address has them. */
  readonly chosen: boolean;
  /** Somebody has moved the cut. */
  readonly cutMoved: boolean;
  /** An address has asked for a run that has not begun: the page already stands as it will. */
  readonly starting: boolean;
  /** Origins that the address names and nobody has admitted: what names them is held back. */
  readonly elsewhere: readonly string[];
  /** What was opened from a file, in words. */
  readonly opened: string | null;
  /** What went wrong outside a run: a bad address, a refused setting. */
  readonly failure: Failure | null;
  /** Said once to screen readers. */
  readonly announcement: string;
}

export type PageStore = StoreApi<PageFacts>;

export const createPageStore = (): PageStore =>
  createStore<PageFacts>(() => ({
    panel: null,
    view: null,
    level: "beginner",
    scenario: null,
    inClass: null,
    enteredAt: null,
    token: null,
    pointed: null,
    tables: false,
    more: false,
    experiment: null,
    lesson: false,
    predictions: {},
    largeText: false,
    demo: false,
    chosen: false,
    cutMoved: false,
    starting: false,
    elsewhere: [],
    opened: null,
    failure: null,
    announcement: "",
  }));
