/** One address in front of several servers, as any load balancer has: each connection goes to the next that takes it. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

export interface Balancer {
  readonly url: string;
  /** Cuts the nth of the connections that are open, counted round; false where there is none. */
  cut(nth: number): boolean;
  close(): Promise<void>;
}

export async function balanceOver(ports: readonly number[]): Promise<Balancer> {
  let turn = 0;
  const open = new Set<Socket>();
  const server: Server = createServer((client) => {
    open.add(client);
    client.on("error", () => client.destroy());
    client.on("close", () => open.delete(client));
    const first = turn++;
    const tryAt = (nth: number): void => {
      const port = ports[(first + nth) % ports.length];
      if (nth === ports.length || port === undefined) return void client.destroy();
      const behind = connect(port, "127.0.0.1");
      behind.once("connect", () => {
        behind.off("error", next);
        behind.on("error", () => client.destroy());
        behind.on("close", () => client.destroy());
        client.on("close", () => behind.destroy());
        client.pipe(behind).pipe(client);
      });
      const next = (): void => tryAt(nth + 1);
      behind.once("error", next);
    };
    tryAt(0);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on a port
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    cut: (nth) => {
      const socket = [...open][nth % Math.max(1, open.size)];
      socket?.resetAndDestroy();
      return socket !== undefined;
    },
    close: () => {
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
