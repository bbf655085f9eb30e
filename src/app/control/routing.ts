/**
 * Views and settings in the address, behind the `#`. The stores say what is shown; this writes it
 * there, and reads it back when somebody goes back or forward. A view that opens is an entry of the
 * history of its own; a setting changes the entry that is there. An address that was not written
 * here (typed, or a link's) is another page: everything begins anew, and is held back as at first.
 */
import { fromAddress, toAddress, type PageAddress, type PageKeys } from "#core/run/config/address.ts";
import type { RunConfig } from "#core/run/config.ts";
import { unwrap } from "#core/run/failure.ts";
import { isRecord } from "#core/schema/json.ts";
import { parseConfig } from "#core/run/config/parse-config.ts";
import type { PageFacts } from "../stores/page.ts";
import type { Stores } from "../stores/stores.ts";
import { settingsOf } from "../stores/settings.ts";
import type { PageActions } from "./page-actions.ts";

export type View = Pick<PageFacts, "experiment" | "lesson" | "demo" | "view" | "panel">;

/** The one screen, with nothing in front of it. */
export const SCREEN: View = { experiment: null, lesson: false, demo: false, view: null, panel: null };

const pageKeysOf = ({ experiment, lesson, demo, view, panel }: View): PageKeys => ({
  ...(experiment === null ? {} : lesson ? { lesson: experiment } : { experiment }),
  demo,
  view,
  panel,
});

/** What an address says of the page itself. */
export const pageOf = (address: PageAddress): View & Pick<PageFacts, (typeof BESIDE)[number]> => {
  const { experiment, lesson, demo, view, panel, level, scenario, class: inClass } = address;
  return {
    experiment: lesson ?? experiment,
    lesson: lesson !== null,
    demo,
    view,
    panel,
    level: level ?? "beginner",
    scenario,
    inClass,
  };
};

const VIEW_KEYS = ["experiment", "lesson", "demo", "view", "panel"] as const satisfies readonly (keyof View)[];
/** What is written beside the view, and makes no entry of its own. */
const BESIDE = ["level", "scenario", "inClass"] as const;
const sameView = (a: View, b: View): boolean => VIEW_KEYS.every((key) => a[key] === b[key]);

/** What the address in the bar asks for; what cannot be read asks for nothing. */
function asked(): RunConfig {
  const read = fromAddress(window.location.hash);
  return read.ok ? read.value.config : unwrap(parseConfig({}, "prepare"));
}

/** Of a view: settings once somebody has chosen any, what is said as the address has it. */
export function addressOf({ page, settings }: Stores, view: View): string {
  const { prompt, promptIds, messages, ...others } = asked();
  const said = {
    ...(prompt === undefined ? {} : { prompt }),
    ...(promptIds === undefined ? {} : { promptIds }),
    ...(messages === undefined ? {} : { messages }),
  };
  const { chosen, level, scenario, inClass } = page.getState();
  const keys = { ...pageKeysOf(view), level: level === "expert" ? level : null, scenario, class: inClass };
  return toAddress({ ...(chosen ? settings.getState() : others), ...said }, keys);
}

interface Parts {
  readonly stores: Stores;
  readonly actions: Pick<PageActions, "choose">;
  /** Calls back after a moment, when a hand on a setting has come to rest. */
  readonly settle: (callback: () => void) => void;
}

/** An address without keys has no `#` either. */
const bare = (hash: string): string => hash.replace(/^#/, "");

/** Entries written here are marked in the history's own state, which no link can set. */
const isOurs = (state: unknown): boolean => isRecord(state) && state["ours"] === true;
const marked = (): object => ({ ...(isRecord(window.history.state) ? window.history.state : {}), ours: true });

export function startRouting({ stores, actions, settle }: Parts): void {
  const { page, settings } = stores;
  let arriving = false;
  let leaving = false;
  // While an address is held back it stays in the bar as it came.
  const held = (): boolean => page.getState().elsewhere.length > 0;
  if (!held() && fromAddress(window.location.hash).ok) window.history.replaceState(marked(), "");

  function open(now: View, before: View): void {
    if (arriving || held() || sameView(now, before)) return;
    const address = addressOf(stores, now);
    if (address !== window.location.hash) window.history.pushState(marked(), "", address);
  }

  function write(): void {
    if (held() || leaving || !page.getState().chosen) return;
    window.history.replaceState(marked(), "", addressOf(stores, page.getState()));
  }

  const isThere = (): boolean => bare(addressOf(stores, page.getState())) === bare(window.location.hash);

  function arrive(): void {
    const read = fromAddress(window.location.hash);
    if (!isOurs(window.history.state) || !read.ok) return beginAnew();
    arriving = true;
    page.setState(pageOf(read.value));
    if (!isThere()) actions.choose(settingsOf(read.value.config));
    if (!isThere()) beginAnew(); // a key that was left out there, and is chosen now
    arriving = false;
  }

  /** What was chosen here must not be written over the address that comes. */
  function beginAnew(): void {
    leaving = true;
    window.location.reload();
  }

  page.subscribe(open);
  page.subscribe((now, before) => {
    if (BESIDE.some((key) => now[key] !== before[key]) && !arriving && !held())
      window.history.replaceState(marked(), "", addressOf(stores, now));
  });
  settings.subscribe(() => settle(write));
  window.addEventListener("pagehide", write);
  window.addEventListener("hashchange", arrive);
}
