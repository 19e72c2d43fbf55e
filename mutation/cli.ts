import { availableParallelism } from "node:os";
import { Argument, Command } from "commander";
import jestSettings from "../jest.config.json";
import { CommandError } from "../shared/errors";
import { integer } from "../shared/option-values";
import { runCommand } from "../shared/run-command";
import { MUTATED_ROOMS, type MutatedRoom } from "./rooms";

/** `npm run mutate`: changes the code in many small ways, and counts how many of the changes a test notices. */
function mutateCommand(): Command {
  return new Command("mutate")
    .description(
      "Changes the code in small ways, one after another, and runs the tests: each change should make one fail.",
    )
    .addArgument(
      new Argument("[room...]", "what to change; all of them by default").choices(Object.keys(MUTATED_ROOMS)),
    )
    .option("--file <pattern>", "change only these files of the rooms, for instance events/post.ts")
    .option("--concurrency <n>", "how many changes to try at once", integer(1), availableParallelism())
    .addHelpText("after", HELP)
    .action(mutate);
}

const HELP = `
A room takes minutes, and all of them together some hours. What no test notices is printed with its place;
docs/mutants.md lists what may stay, and why.

Examples:
  $ npm run mutate -- events
  $ npm run mutate -- redrive --file operator/redrive/put-back.ts`;

interface MutateOptions {
  file?: string;
  concurrency: number;
}

/** @throws CommandError when a room's score is below its minimum */
async function mutate(names: readonly string[], options: MutateOptions): Promise<void> {
  const scores = new Map<string, number>();
  for (const [name, room] of Object.entries(MUTATED_ROOMS)) {
    if (names.length === 0 || names.includes(name)) scores.set(name, await scoreOf(room, options));
  }
  const low: string[] = [];
  for (const [name, score] of scores) {
    const { minimumScore } = MUTATED_ROOMS[name] ?? { minimumScore: 100 };
    process.stdout.write(
      `${name.padEnd(16)}${score.toFixed(1).padStart(6)} %  (at least ${minimumScore} %)\n`,
    );
    if (score < minimumScore) low.push(name);
  }
  if (low.length > 0)
    throw new CommandError(
      `too few changes were noticed in ${low.join(", ")}: state what should have failed as a test`,
    );
}

/** @returns the share of the changes that a test noticed, in percent */
async function scoreOf({ files, tests }: MutatedRoom, { file, concurrency }: MutateOptions): Promise<number> {
  const { Stryker } = await import("@stryker-mutator/core");
  const results = await new Stryker({
    mutate: file === undefined ? [...files] : [file],
    testRunner: "jest",
    jest: {
      config: { ...jestSettings, testMatch: tests.map((pattern) => `<rootDir>/${pattern}`) },
      enableFindRelatedTests: false,
    },
    // TypeScript 7 has no compiler interface, which Stryker would read this file with.
    tsconfigFile: "none",
    coverageAnalysis: "perTest",
    concurrency,
    reporters: process.stderr.isTTY ? ["clear-text", "progress"] : ["clear-text"],
    allowConsoleColors: process.stdout.isTTY,
    clearTextReporter: {
      allowColor: process.stdout.isTTY,
      logTests: false,
      reportTests: false,
      reportScoreTable: false,
    },
    tempDirName: ".local/mutation",
    ignorePatterns: ["cdktf.out", "coverage"],
    allowEmpty: false,
  }).runMutationTest();
  const counted = results.filter(
    ({ status }) => !["Ignored", "CompileError", "RuntimeError"].includes(status),
  );
  const noticed = counted.filter(({ status }) => status === "Killed" || status === "Timeout");
  return counted.length === 0 ? 100 : (noticed.length / counted.length) * 100;
}

void runCommand(mutateCommand());
