/** How a series looks, small: in a legend, in a readout and in the legend of an exported file. */

export type Mark =
  | { readonly shape: "area"; readonly fill: string }
  | { readonly shape: "line"; readonly stroke: string; readonly dash?: string }
  | { readonly shape: "dot"; readonly fill: string };

const MARK_PX = { width: 16, height: 10 } as const;

/** SVG, to stand at (0, 0) of a box of `MARK_PX`. */
export function MarkShape({ mark }: { readonly mark: Mark }) {
  const { width, height } = MARK_PX;
  switch (mark.shape) {
    case "area":
      return (
        <rect x={2} width={12} height={height} rx={2} fill={mark.fill} stroke="var(--part-line)" strokeWidth={0.5} />
      );
    case "line":
      return (
        <line
          x2={width}
          y1={height / 2}
          y2={height / 2}
          stroke={mark.stroke}
          strokeWidth={2}
          strokeDasharray={mark.dash}
        />
      );
    case "dot":
      return <circle cx={width / 2} cy={height / 2} r={4} fill={mark.fill} />;
  }
}

export const MarkIcon = ({ mark }: { readonly mark: Mark }) => (
  <svg {...MARK_PX} aria-hidden>
    <MarkShape mark={mark} />
  </svg>
);
