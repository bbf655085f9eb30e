/** Round trips over a bare WebSocket, one after the other, from a worker as the product's link is. */
interface Request {
  readonly url: string;
  readonly up: number;
  readonly times: number;
}

async function echo({ url, up, times }: Request): Promise<readonly number[]> {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error("no echo server"));
  });
  const message = new Uint8Array(up);
  const took: number[] = [];
  for (let i = 0; i < times; i++) {
    const startedAt = performance.now();
    const answered = new Promise((resolve) => (socket.onmessage = resolve));
    socket.send(message);
    await answered;
    took.push(performance.now() - startedAt);
  }
  socket.close();
  return took;
}

self.onmessage = ({ data }: MessageEvent<Request>) => {
  echo(data).then(
    (result) => self.postMessage({ result }),
    (thrown: unknown) => self.postMessage({ error: String(thrown) }),
  );
};
