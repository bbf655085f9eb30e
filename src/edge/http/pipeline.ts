/**
 * How many requests one connection may have under way. Requests that are sent without waiting for
 * answers are all read before the first answer is written, so a peer that sends thousands and reads
 * nothing would have the server hold thousands of answers. Browsers wait; a proxy sends a few ahead. Answers leave in
 * the order of the requests, so one that is not next yet is not begun: it would only be held.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

const UNDER_WAY_MOST = 16;

export class Pipelines {
  /** The responses that a connection waits for, in their order. */
  readonly #underWay = new WeakMap<Socket, Set<() => void>>();

  /**
   * Calls `begin` when the answers before it are out: at once where there are none, never where the connection ends
   * first. A request too many ends its connection with everything that this had under way.
   */
  admit({ socket }: IncomingMessage, response: ServerResponse, begin: () => void): void {
    if (socket.destroyed) return;
    const queue = this.#underWay.get(socket) ?? new Set();
    if (queue.size >= UNDER_WAY_MOST) return void socket.destroy();
    this.#underWay.set(socket, queue.add(begin));
    response.once("close", () => {
      queue.delete(begin);
      const [next] = queue;
      if (next !== undefined && !socket.destroyed) next();
    });
    if (queue.size === 1) begin();
  }
}
