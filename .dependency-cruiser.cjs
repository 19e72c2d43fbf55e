// The import rules: what each room may import. `npm run check:imports` fails for every other import, types included,
// and prints the reason. A room always may import itself; packages have their own rules below the table.
// A name ending in "/" is a folder and everything below it; "*" is any one name, so a room "operator/*/" is each
// folder of operator/ by itself. Where several rooms fit a file, the first one in the table counts.

/** @typedef {{ room: string, may: string, why: string }} Room */
/** @typedef {import("dependency-cruiser").IForbiddenRuleType} Rule */

/** @type {Room[]} */
const ROOMS = [
  {
    room: "main.ts",
    may: "infrastructure/",
    why: "It composes the stack and does nothing else.",
  },
  {
    room: "infrastructure/",
    may: "events/ package.json",
    why: "It names a function by its path, so that synthesizing never runs the function's code.",
  },
  {
    room: "events/",
    may: "",
    why: "It is the contract between both ends: whoever changes the event changes this folder and no other.",
  },
  {
    room: "functions/",
    may: "events/ shared/backoff.ts shared/clock.ts",
    why: "What a function imports is in its bundle and its cold start, and it shares nothing with the producer but the event.",
  },
  {
    room: "kinesis-writer/",
    may: "shared/",
    why: "It puts any record on any stream and knows nothing of events or of who calls it.",
  },
  {
    room: "producer/sources/live/",
    may: "producer/sources/source.ts events/ kinesis-writer/ shared/",
    why: "It is what live sources share, so it knows none of them.",
  },
  {
    room: "producer/sources/*/",
    may: "producer/sources/source.ts producer/sources/live/ events/ kinesis-writer/ shared/",
    why: "Each source can be read, copied, changed or deleted without another.",
  },
  {
    room: "producer/sources/source.ts",
    may: "events/ kinesis-writer/ shared/",
    why: "It is what every source is, so it knows none of them.",
  },
  {
    room: "producer/sources/index.ts",
    may: "producer/sources/",
    why: "It lists the sources and does nothing else.",
  },
  {
    room: "producer/delivery/",
    may: "producer/sources/source.ts events/ kinesis-writer/ shared/",
    why: "Delivery is the same for every source.",
  },
  {
    room: "producer/*.ts",
    may: "producer/delivery/ producer/sources/index.ts producer/sources/source.ts events/ kinesis-writer/ shared/",
    why: "The producer reaches a source through the list of sources only, and never the function or the local cloud.",
  },
  {
    room: "operator/*/",
    may: "operator/*.ts events/ kinesis-writer/ shared/",
    why: "Each command works alone; what two commands share is a file of operator/.",
  },
  {
    room: "operator/*.ts",
    may: "events/ kinesis-writer/ shared/",
    why: "The commands share it, so it knows none of them.",
  },
  // local/ reads the synthesized Terraform and runs the built bundle. Imports of infrastructure/ or functions/ would hide a
  // wrong environment variable or a missing permission until the deployment.
  {
    room: "local/gateway/",
    may: "events/ shared/",
    why: "The endpoint is the base of the local cloud. Faults and resources are handed to it.",
  },
  {
    room: "local/chaos/",
    may: "local/gateway/ events/ shared/",
    why: "It decides which fault strikes and knows only the endpoint where faults strike.",
  },
  {
    room: "local/lambda/",
    may: "local/gateway/ events/ shared/",
    why: "It runs any bundle behind the endpoint, whoever provisioned it.",
  },
  {
    room: "local/terraform/",
    may: "local/gateway/ local/lambda/ events/ shared/",
    why: "It provisions what the synthesized Terraform declares, and reads it from the JSON, never from its source.",
  },
  {
    room: "local/cloud/",
    may: "local/terraform/ local/gateway/ local/chaos/ local/lambda/ events/ shared/",
    why: "It puts the parts together and knows no command.",
  },
  {
    room: "local/commands/",
    may: "local/cloud/ local/terraform/ local/gateway/ local/chaos/ local/lambda/ events/ shared/",
    why: "It runs the built bundle and starts the producer as a process, as a user would; it imports the source of neither.",
  },
  {
    room: "local/cli.ts",
    may: "local/commands/ shared/",
    why: "It hands the command line to a command.",
  },
  {
    room: "shared/",
    may: "",
    why: "Every room may use it, so it knows none of them.",
  },
  {
    room: "test-servers/",
    may: "events/ shared/",
    why: "A fake server knows the service's protocol, not the code that talks to it.",
  },
  {
    room: "bench/",
    may: "events/ functions/ kinesis-writer/ local/ operator/ producer/ shared/ test-servers/",
    why: "It measures what runs: no test, and no declaration of the stack, which would load cdktf.",
  },
  {
    room: "mutation/",
    may: "shared/ jest.config.json",
    why: "It changes files by their path and runs their tests; it imports neither.",
  },
  {
    room: "__tests__/",
    may: "*/ .dependency-cruiser.cjs package.json",
    why: "Tests synthesize a stack themselves; importing main.ts would run it.",
  },
];

/** @type {Rule[]} */
const PACKAGE_RULES = [
  {
    name: "cdktf only declares the stack",
    comment:
      "cdktf, constructs and the providers are imported by main.ts, infrastructure/ and their tests only: they cost seconds " +
      "and hundreds of megabytes to load, and nothing that runs needs them.",
    from: { pathNot: ["^main\\.ts$", "^infrastructure/", "^__tests__/(infrastructure|support)/"] },
    to: { path: "node_modules/(cdktf|constructs|@cdktf)/" },
  },
  {
    name: "providers by their deep path",
    comment:
      "Import a provider's resource by its own path, such as @cdktf/provider-aws/lib/kinesis-stream: the package's index costs " +
      "seconds and gigabytes.",
    from: {},
    to: { path: "node_modules/@cdktf/provider-[^/]+/(lib/)?index\\." },
  },
  {
    name: "no development dependency",
    comment:
      "What is deployed or used as a command works after npm ci --omit=dev: declare the package in dependencies, or " +
      "import it in tests, test-servers/ and bench/ only. Types are exempt, and so are the emulators of local/.",
    from: {
      path: "^(main\\.ts$|(infrastructure|events|functions|kinesis-writer|producer|operator|shared)/)",
    },
    to: { dependencyTypes: ["npm-dev"], pathNot: "node_modules/@types/" },
  },
  {
    name: "no development dependency but the emulators",
    comment:
      "The local cloud needs no development dependency but its emulators, kinesalite, dynalite and fauxqs, classic-level, " +
      "which keeps their data on disk, and Amazon's aws-kinesis-agg, by which the reconciliation reads aggregates without " +
      "the function's decoder.",
    from: { path: "^local/" },
    to: {
      dependencyTypes: ["npm-dev"],
      pathNot: "node_modules/(@types|kinesalite|dynalite|fauxqs|classic-level|aws-kinesis-agg)/",
    },
  },
  {
    name: "no undeclared package",
    comment: "Declare the package in package.json: today another package happens to bring it along.",
    from: {},
    to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] },
  },
];

/** @type {Rule[]} */
const GENERAL_RULES = [
  {
    name: "nothing imports an entry point",
    comment:
      "main.ts and every cli.ts run when they are imported. Move what others need to a file of its own.",
    from: {},
    to: { path: "(^main|(^|/)cli)\\.ts$" },
  },
  {
    name: "no circle",
    comment:
      "Files that import each other can only be read, tested and moved together. Move what both need to a third file.",
    from: {},
    to: { circular: true },
  },
  {
    name: "no unresolvable import",
    comment: "No file and no package has this name.",
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: "every file is in a room",
    comment:
      "This file is in no room: add its room to the table in .dependency-cruiser.cjs, or move the file to one.",
    from: { pathNot: [...ROOMS.map(({ room }) => pattern(room)), "node_modules/"] },
    to: {},
  },
];

/**
 * Forbids a room every file of the project that the table does not allow it.
 *
 * @param {Room} room
 * @param {number} index
 * @returns {Rule}
 */
function roomRule({ room, may, why }, index) {
  const allowed = may === "" ? [] : may.split(" ");
  // In a folder, $1 is the name that "*" has in the importing file's path.
  const itself = pattern(room, room.endsWith("/") ? "$1" : undefined);
  return {
    name: room,
    comment: `${room} may import ${allowed.length === 0 ? "nothing of the project" : `only ${allowed.join(", ")}`}. ${why}`,
    from: {
      path: pattern(room, "([^/]+)"),
      pathNot: ROOMS.slice(0, index).map((earlier) => pattern(earlier.room)),
    },
    to: {
      pathNot: [itself, ...allowed.map((other) => pattern(other)), "node_modules/"],
      dependencyTypesNot: ["core", "unknown"],
    },
  };
}

/**
 * The regular expression for the paths of a room's files.
 *
 * @param {string} room
 * @param {string} star what "*" becomes
 */
function pattern(room, star = "[^/]+") {
  return `^${room.replaceAll(".", "\\.").replaceAll("*", star)}${room.endsWith("/") ? "" : "$"}`;
}

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [...ROOMS.map(roomRule), ...PACKAGE_RULES, ...GENERAL_RULES].map((rule) => ({
    ...rule,
    severity: "error",
  })),
  options: {
    // TypeScript 7 has no compiler API. swc's parser keeps the imports of types, which a compiler would drop; it does not
    // report import("…") inside a type, which import-types.grit forbids.
    parser: "swc",
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(\\.local|\\.producer|cdktf\\.out|coverage)/" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
