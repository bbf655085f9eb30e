/** How a series looks, small: in a legend, in a readout and in the legend of an exported file. */
import type { ReactNode } from "react";

export type Mark =
  | { readonly shape: "area"; readonly fill: string }
  | { readonly shape: "line"; readonly stroke: string; readonly dash?: string }
  | { readonly shape: "dot"; readonly fill: string }
  /** SVG of its own: a line with the marks of its points. */
  | {
      readonly shape: "drawn";
      readonly size: { readonly width: number; readonly height: number };
      readonly drawing: ReactNode;
    };

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
    case "drawn":
      return mark.drawing;
  }
}

export const MarkIcon = ({ mark }: { readonly mark: Mark }) => (
  <svg {...(mark.shape === "drawn" ? mark.size : MARK_PX)} aria-hidden>
    <MarkShape mark={mark} />
  </svg>
);
