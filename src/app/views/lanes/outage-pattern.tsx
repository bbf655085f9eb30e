/** The one pattern of the page, once per page: an outage is crossed out, the other parts are their colours. */
import { OUTAGE_PATTERN } from "../../derive/part-fill.ts";

export function OutagePattern() {
  return (
    <svg width="0" height="0" aria-hidden style={{ position: "absolute" }}>
      <defs>
        <pattern id={OUTAGE_PATTERN} width="6" height="6" patternUnits="userSpaceOnUse">
          <rect width="6" height="6" style={{ fill: "var(--part-outage)" }} />
          <path d="M0 0L6 6M6 0L0 6" style={{ stroke: "var(--part-line)", strokeWidth: 1 }} fill="none" />
        </pattern>
      </defs>
    </svg>
  );
}
