/**
 * A part of the page that is loaded when it is first shown. Its server may be gone by then: what cannot
 * be loaded is replaced, and takes nothing else with it.
 */
import { lazy, type ComponentType, type LazyExoticComponent } from "react";

type Loads<P> = () => Promise<{ readonly default: ComponentType<P> }>;

export const later = <P,>(load: Loads<P>, instead: ComponentType<P>): LazyExoticComponent<ComponentType<P>> =>
  lazy(() => load().catch(() => ({ default: instead })));

/** For what nobody misses. */
export const Nothing = (): null => null;

/** For a whole view. */
export function NotLoaded() {
  return (
    <p role="alert" data-testid="not-loaded">
      This part of the page could not be loaded: its server does not answer. Reload the page when it is back.
    </p>
  );
}
