/** A link to an edge server as the engine sees it: what is asked of it, what it came to, and what it tells while it is used. */
import type { LinkFigures } from "#core/run/config.ts";
import type { LinkTrace } from "#core/link/trace.ts";
import type { FrameTrace, LinkEvent } from "#core/run/worker-api.ts";
import type { Channel } from "../ports.ts";

/** A channel whose link can be shaped, and that says what passes over it. */
export interface EdgeLink extends Channel {
  /** Where sessions are opened, as a person would write it. */
  readonly url: string;
  /** From the next message on. */
  shape(setting: LinkSetting): Promise<void>;
  /** What the link came to, judged by its round trip; `met` is null while nothing is asked of it or nothing measured. */
  report(): Promise<LinkReport>;
  close(): Promise<void>;
}

/** Figures and trace of null add nothing; a trace begins at its first row when it is set. */
export interface LinkSetting {
  readonly name: string;
  readonly figures: LinkFigures | null;
  readonly trace: LinkTrace | null;
  /** Of the jitter and the losses: the same seed has the same bad luck. */
  readonly seed: number;
  /** How long attempts to come back go on; left out as long as the link's own patience has it. */
  readonly reconnectMs?: number;
}

export interface LinkReport {
  readonly met: boolean | null;
  readonly realRttMs: number | null;
}

export type LinkNotice =
  | { readonly kind: "frame"; readonly frame: FrameTrace }
  /** `atMs`: when the edge was there again, or, while it is not, since when. */
  | (Exclude<LinkEvent, { readonly state: "replaying" }> & { readonly atMs: number });
