/**
 * How many requests one connection may have under way. Requests that are sent without waiting for
 * answers are all read before the first answer is written, so a peer that sends thousands and reads
 * nothing would have the server hold thousands of answers. Browsers wait; a proxy sends a few ahead.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

const UNDER_WAY_MOST = 16;

export class Pipelines {
  readonly #underWay = new WeakMap<Socket, number>();

  /** False for a request too many, whose connection is then gone with everything it had under way. */
  admits({ socket }: IncomingMessage, response: ServerResponse): boolean {
    if (socket.destroyed) return false;
    const before = this.#underWay.get(socket) ?? 0;
    if (before >= UNDER_WAY_MOST) {
      socket.destroy();
      return false;
    }
    this.#underWay.set(socket, before + 1);
    response.once("close", () => this.#underWay.set(socket, (this.#underWay.get(socket) ?? 1) - 1));
    return true;
  }
}
