// Runs one emulator in a process of its own, so that the emulators can use several cores. It is plain JavaScript:
// Node.js runs it without a compiler.

/** @type {Record<string, () => Promise<number>>} */
const emulators = {
  kinesis: () =>
    listen(import("kinesalite"), {
      createStreamMs: 0,
      deleteStreamMs: 0,
      updateStreamMs: 0,
      shardLimit: 500,
    }),
  dynamodb: () => listen(import("dynalite"), { createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 }),
  s3: async () => {
    const { startFauxqs } = await import("fauxqs");
    const { port } = await startFauxqs({ port: 0, host: "127.0.0.1", logger: false });
    return port;
  },
};

/**
 * @param {Promise<{ default: (options: object) => import("node:http").Server }>} emulator
 * @param {object} options
 * @returns {Promise<number>} the port where it listens
 */
async function listen(emulator, options) {
  const server = (await emulator).default(options);
  server.keepAliveTimeout = 60_000;
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the emulator has no port");
  return address.port;
}

const [name = ""] = process.argv.slice(2);
const start = emulators[name];
if (!start) throw new Error(`there is no emulator ${name}`);

// The emulators' libraries print notices; what matters reaches the parent as a message.
console.log = () => undefined;
// An emulator ends with its parent. Ctrl-C reaches the whole process group, but the parent decides when to stop.
process.on("disconnect", () => process.exit());
process.on("SIGINT", () => undefined);

process.send?.({ port: await start() });
