/** The bare loop in a worker of its own: one request in, one answer out. */
import { bareLoop, type BareLoopRequest } from "./bare-loop.ts";

self.onmessage = ({ data }: MessageEvent<BareLoopRequest>) => {
  bareLoop(data).then(
    (result) => self.postMessage({ result }),
    (thrown: unknown) => self.postMessage({ error: String(thrown) }),
  );
};
