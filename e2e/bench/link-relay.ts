/**
 * The independent delay of the link benchmark: a TCP relay in a process of its own that holds every
 * chunk for half a round trip, each way. Nothing of the product's shaper is used here.
 *   node link-relay.js LISTEN_PORT TO_PORT; "rtt N" on standard input sets the round trip in ms.
 */
import { connect, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";

const [listenPort, toPort = 0] = process.argv.slice(2).map(Number);
let holdMs = 0;

/** Chunks leave in order, each `holdMs` after it came. Timers are a millisecond too coarse: the last one is waited out. */
function delayLine(to: Socket): (chunk: Buffer) => void {
  const held: { readonly dueMs: number; readonly chunk: Buffer }[] = [];
  let waiting = false;
  const release = (): void => {
    waiting = false;
    for (let first = held[0]; first !== undefined; first = held[0]) {
      const leftMs = first.dueMs - performance.now();
      if (leftMs > 0) {
        waiting = true;
        if (leftMs > 2) setTimeout(release, leftMs - 2);
        else setImmediate(release);
        return;
      }
      held.shift();
      to.write(first.chunk);
    }
  };
  return (chunk) => {
    held.push({ dueMs: performance.now() + holdMs, chunk });
    if (!waiting) release();
  };
}

createServer((near) => {
  const far = connect(toPort, "127.0.0.1");
  for (const socket of [near, far]) socket.setNoDelay(true).on("error", () => socket.destroy());
  near.on("data", delayLine(far)).on("close", () => far.destroy());
  far.on("data", delayLine(near)).on("close", () => near.destroy());
}).listen(listenPort, "0.0.0.0", () => console.log("ready"));

createInterface({ input: process.stdin }).on("line", (line) => {
  holdMs = Number(line.split(" ")[1]) / 2;
  console.log(`rtt ${holdMs * 2}`);
});
