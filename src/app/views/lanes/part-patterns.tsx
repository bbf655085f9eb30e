/**
 * The fills of the nine parts for SVG, once per page: the same colours and patterns as `.part` in
 * HTML. Computing is solid, moving hatched in its direction, waiting dotted.
 */
import { TOKEN_PARTS, type TokenPart } from "#core/run/record.ts";

/** What is drawn over a part's colour; null where it stands alone. */
const MARKS: Readonly<Record<TokenPart, string | null>> = {
  deviceMs: null,
  encodeMs: "M2 0V6M5 0V6",
  uplinkMs: "M-1 5L5 -1M1 7L7 1",
  queueMs: "M1 1h1v1h-1zM4 4h1v1h-1z",
  edgeMs: null,
  downlinkMs: "M-1 1L5 7M1 -1L7 5",
  decodeMs: "M0 2H6M0 5H6",
  sampleMs: null,
  otherMs: null,
};

export function PartPatterns() {
  return (
    <svg width="0" height="0" aria-hidden style={{ position: "absolute" }}>
      <defs>
        {TOKEN_PARTS.map((part) => (
          <pattern key={part} id={`pattern-${part}`} width="6" height="6" patternUnits="userSpaceOnUse">
            <rect width="6" height="6" style={{ fill: `var(--part-${part.slice(0, -2)})` }} />
            {MARKS[part] !== null && (
              <path d={MARKS[part]} style={{ stroke: "var(--part-line)", strokeWidth: 1 }} fill="none" />
            )}
          </pattern>
        ))}
      </defs>
    </svg>
  );
}
