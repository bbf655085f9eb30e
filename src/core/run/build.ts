/**
 * Which build this is: the bundler puts the value in, for the page and the edge server alike, so
 * that a page can tell when it is older than the edge that it talks to. Code that runs unbundled
 * (unit tests) says so.
 */

export interface Build {
  /** package.json's. */
  readonly version: string;
  /** Twelve hex digits, with `+` behind them when the tree had uncommitted changes; "unknown" outside a checkout. */
  readonly commit: string;
  /** Hash of everything that went in: equal for a page and an edge server built together. */
  readonly id: string;
}

declare const __CUTLAYER_BUILD__: Build | undefined;

export const BUILD: Build =
  typeof __CUTLAYER_BUILD__ === "undefined"
    ? { version: "0.0.0", commit: "unbuilt", id: "unbuilt" }
    : __CUTLAYER_BUILD__;
