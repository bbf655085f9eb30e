/**
 * What edge servers behind one address know together: which of them has a session, and how many places an
 * address on the network has on all of them. Never prompts, tokens, activations or caches. A session's id lets
 * whoever has it in, so it is known here by its SHA-256 alone, and an address too.
 *
 * A place is a lease: it ends by itself when the server that has it renews it no more.
 */
import { createHash } from "node:crypto";

export interface Commons {
  /** Sets a place aside for a session; false where its peer has `most` already. `peer` null tells nobody apart. */
  take(session: string, peer: string | null, most: number): Promise<boolean>;
  /** Gives it back. */
  release(session: string): Promise<void>;
  /** The address of another server that has the session; null where none does, or nobody can tell. */
  elsewhere(session: string): Promise<string | null>;
  /** Whether others are known of: "alone" by choice, "together", or "cut-off" from what is shared. */
  readonly state: CommonsState;
  close(): Promise<void>;
}

export type CommonsState = "alone" | "together" | "cut-off";

/** A server that ends without a word is forgotten after this. */
export const LEASE_MS = 30_000;
export const RENEW_MS = LEASE_MS / 3;

/** As ids and addresses are known to others. */
export const nameless = (text: string): string => createHash("sha256").update(text).digest("hex");
