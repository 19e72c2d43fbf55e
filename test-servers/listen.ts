import type { Server } from "node:http";
import type { AddressInfo, Server as NetServer } from "node:net";

/** Starts a server on a free port of the loopback interface and returns its URL. */
export async function listen(server: NetServer): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Stops a server without waiting for its keep-alive connections to end by themselves. */
export async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
