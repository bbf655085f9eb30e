/** What all charts share: measures, and colours as the stylesheet names them, so that both themes are one drawing. */

/** As the stylesheet reserves it: see `.box`. */
export const HEIGHT_PX = 250;

/** Room above for the unit, on the right for half a number. */
export const MARGIN = { top: 27, right: 14, bottom: 2, left: 0 } as const;

export const Y_AXIS_PX = 50;
export const X_AXIS_PX = 40;

/** Letters follow the page's own, which are larger on a wide screen. */
export const TICK = { fontSize: "0.75rem", fill: "var(--ink-soft)" } as const;
export const AXIS = { stroke: "var(--rule-strong)" } as const;
export const GRID = "var(--rule)";
