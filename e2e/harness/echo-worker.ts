/** Round trips over a bare WebSocket, from a worker as the product's link is: one after the other, or with computing in between. */
export interface EchoRequest {
  readonly url: string;
  readonly up: number;
  readonly times: number;
  /** What this worker computes before each, in ms; the server answers at once. */
  readonly busyMs: number;
}

async function echo({ url, up, times, busyMs }: EchoRequest): Promise<readonly number[]> {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error("no echo server"));
  });
  const message = new Uint8Array(up);
  const took: number[] = [];
  for (let i = 0; i < times; i++) {
    const freeAt = performance.now() + busyMs;
    while (performance.now() < freeAt);
    const startedAt = performance.now();
    const answered = new Promise((resolve) => (socket.onmessage = resolve));
    socket.send(message);
    await answered;
    took.push(performance.now() - startedAt);
  }
  socket.close();
  return took;
}

self.onmessage = ({ data }: MessageEvent<EchoRequest>) => {
  echo(data).then(
    (result) => self.postMessage({ result }),
    (thrown: unknown) => self.postMessage({ error: String(thrown) }),
  );
};
