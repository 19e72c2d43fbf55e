// Runs one emulator in a process of its own, so that the emulators can use several cores. It is plain JavaScript:
// Node.js runs it without a compiler.

import { rmSync } from "node:fs";
import { join } from "node:path";

const [name = "", socket = "", folder = ""] = process.argv.slice(2);

/**
 * How each emulator starts. Their data is on disk, so that they can run for weeks.
 * @type {Record<string, () => Promise<unknown>>}
 */
const emulators = {
  kinesis: async () => {
    const { default: retention } = await import("kinesalite/validations/increaseStreamRetentionPeriod.js");
    // Its limit, a week, was Kinesis's own until 2020.
    retention.types.RetentionPeriodHours.lessThanOrEqual = 8760;
    const { default: onDisk } = await import("./kinesis-on-disk.cjs");
    const { deleteExpired } = onDisk.keepRecordsIn(join(folder, "records"));
    setInterval(() => void deleteExpired(Date.now()), 60_000);
    await listen(import("kinesalite"), {
      createStreamMs: 0,
      deleteStreamMs: 0,
      updateStreamMs: 0,
      shardLimit: 500,
    });
  },
  dynamodb: () =>
    listen(import("dynalite"), {
      path: join(folder, "items"),
      createTableMs: 0,
      deleteTableMs: 0,
      updateTableMs: 0,
    }),
  s3: async () => {
    // Not startFauxqs: it listens on every interface.
    const { buildApp } = await import("fauxqs");
    const { s3StoreIn } = await import("./s3-on-disk.mjs");
    // The stores of other services, which it also emulates, are its own.
    const options = /** @type {Parameters<typeof buildApp>[0]} */ (
      /** @type {unknown} */ ({ logger: false, stores: { s3Store: s3StoreIn(join(folder, "objects")) } })
    );
    await buildApp(options).listen({ path: socket });
  },
};

/**
 * @param {Promise<{ default: (options: object) => import("node:http").Server }>} emulator
 * @param {object} options
 */
async function listen(emulator, options) {
  const server = (await emulator).default(options);
  server.keepAliveTimeout = 60_000;
  await new Promise((resolve, reject) => {
    server.once("error", reject).listen(socket, () => resolve(undefined));
  });
}

const start = emulators[name];
if (!start) throw new Error(`there is no emulator ${name}`);

// The emulators' libraries print notices; the parent needs none of them.
console.log = () => undefined;
// The parent decides when an emulator ends: Ctrl-C and other signals reach the whole process group, but the pipeline
// may still need it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => undefined);
// Without its parent, even a killed one, an emulator ends, and whatever was in its folder goes.
const end = () => {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  } catch {
    // Another emulator is still writing to it; it deletes the folder, too.
  }
  process.exit();
};
process.on("disconnect", end);
// It may have ended before there was a listener.
if (!process.connected) end();

await start();
process.send?.("listening");
