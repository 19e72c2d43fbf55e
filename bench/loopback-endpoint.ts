import { connect, createServer } from "node:net";
import { listen } from "../test-servers/listen";

/** Gives an emulator, which listens on a socket only, an endpoint on loopback for as long as this process runs. */
export async function loopbackEndpoint(socketPath: string): Promise<string> {
  const server = createServer((caller) => {
    const emulator = connect(socketPath);
    caller.pipe(emulator).pipe(caller);
    for (const connection of [caller, emulator]) connection.on("error", () => connection.destroy());
  });
  server.unref();
  return listen(server);
}
