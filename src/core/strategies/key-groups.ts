/** Config keys that go together: strategies that read one of a group mostly read all of it. */
export const EDGE_KEYS = ["link", "edgeLoad", "clients", "edge"] as const;
export const CUT_KEYS = ["cut", "codec"] as const;
/** Of drafting in windows. */
export const WINDOW_KEYS = ["draftLength", "verify"] as const;
