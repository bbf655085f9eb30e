/** A plot drawn as a file: what the page makes and reports and bundles take in. */

export type FigureSize = "paper" | "slide" | "report";

export interface SvgFile {
  readonly text: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}
