import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Writable } from "node:stream";
import * as v from "valibot";
import type { Clock } from "../../shared/clock";
import type { FunctionDeclaration } from "./function-declaration";
import { FunctionError, type InvocationOutcome } from "./invocation-outcome";

/**
 * A process that loads the function and takes its invocations, one after the other.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
 */
export class ExecutionEnvironment {
  readonly #declaration: FunctionDeclaration;
  readonly #clock: Clock;
  #isAlive = true;
  readonly #process: ChildProcess;
  /** How the process ended. Rejects if it cannot be started. */
  readonly #ended: Promise<Report>;
  readonly #started: Promise<Report>;

  /** @param log where the output of the function goes, line by line */
  constructor(declaration: FunctionDeclaration, log: Writable, clock: Clock) {
    this.#declaration = declaration;
    this.#clock = clock;
    this.#process = fork(join(__dirname, "function-runtime.mjs"), [], {
      cwd: declaration.codeFolder,
      env: { ...declaration.environment, ...debuggerVariables() },
      execArgv: [`--max-old-space-size=${declaration.memorySize}`],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    for (const output of [this.#process.stdout, this.#process.stderr]) {
      if (output) createInterface({ input: output }).on("line", (line) => log.write(`${line}\n`));
    }
    this.#ended = this.#watchEnd();
    this.#ended.catch(() => undefined);
    this.#started = this.#nextReport();
  }

  /**
   * Runs one invocation. An error, a crash and a timeout are outcomes.
   * @param earlyEnd ends it before the function's timeout; the function does not know
   * @throws when the process cannot be started
   */
  async invoke(event: unknown, earlyEnd?: EarlyEnd): Promise<InvocationOutcome> {
    const requestId = randomUUID();
    const { timeout, arn: functionArn } = this.#declaration;
    let report = await this.#within(Math.max(INIT_SECONDS, timeout), this.#started);
    if ("ready" in report) {
      const deadlineMs = this.#clock.now() + timeout * 1000;
      const answer = this.#nextReport();
      this.#process.send({ requestId, functionArn, deadlineMs, event });
      report = await this.#endingEarly(earlyEnd, timeout, answer);
    }
    if ("error" in report && report.isFatal) await this.kill();

    if ("response" in report) return { ok: true, requestId, response: report.response };
    if ("error" in report) return { ok: false, requestId, error: report.error };
    throw new Error("the function's process reported ready again instead of a response");
  }

  /** Whether it can take another invocation. */
  get isAlive(): boolean {
    return this.#isAlive;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Ends the process at once. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#ended.catch(() => undefined);
  }

  #watchEnd(): Promise<Report> {
    return new Promise((resolve, reject) => {
      this.#process.once("exit", (code, signal) => {
        this.#isAlive = false;
        resolve(failure(EXIT_ERROR, describeExit(code, signal)));
      });
      // Sending a message to a process that has just ended is an error too; "exit" then reports how it ended.
      this.#process.on("error", (error) => {
        if (this.#process.pid !== undefined) return;
        this.#isAlive = false;
        reject(error);
      });
    });
  }

  /** The next message of the process, or how it ended. */
  #nextReport(): Promise<Report> {
    const message = new Promise<Report>((resolve) => {
      this.#process.once("message", (message) => resolve(v.parse(Report, message)));
    });
    return Promise.race([message, this.#ended]);
  }

  /** The report on an invocation, which lasts until the timeout or ends early. */
  async #endingEarly(
    earlyEnd: EarlyEnd | undefined,
    timeout: number,
    report: Promise<Report>,
  ): Promise<Report> {
    if (earlyEnd?.end === "timeout") return this.#within(earlyEnd.afterMs / 1000, report);
    const timer = new AbortController();
    if (earlyEnd)
      void this.#clock.sleep(earlyEnd.afterMs, timer.signal).then(() => {
        if (!timer.signal.aborted) this.#process.kill("SIGKILL");
      });
    return this.#within(timeout, report).finally(() => timer.abort());
  }

  async #within(seconds: number, report: Promise<Report>): Promise<Report> {
    const timer = new AbortController();
    const timeUp = this.#clock.sleep(seconds * 1000, timer.signal).then(() => undefined);
    const first = await Promise.race([report, timeUp]).finally(() => timer.abort());
    return first ?? failure(TIMEOUT_ERROR, `Task timed out after ${seconds.toFixed(2)} seconds`);
  }
}

/** How an invocation ends early, counted from the moment when the function gets it. */
export interface EarlyEnd {
  end: "killed" | "timeout";
  afterMs: number;
}

/** The types of the errors with which Lambda reports the end of a process, and a timeout. */
export const EXIT_ERROR = "Runtime.ExitError";
export const TIMEOUT_ERROR = "Sandbox.Timedout";

/**
 * The variables by which VS Code's debugger attaches to child processes. Without a debugger the function sees nothing
 * of this process's environment.
 */
function debuggerVariables(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS, VSCODE_INSPECTOR_OPTIONS } = process.env;
  return VSCODE_INSPECTOR_OPTIONS ? { NODE_OPTIONS, VSCODE_INSPECTOR_OPTIONS } : {};
}

function failure(errorType: string, errorMessage: string): Report {
  return { error: { errorType, errorMessage }, isFatal: true };
}

/** In Lambda's words. */
function describeExit(code: number | null, signal: NodeJS.Signals | null): string {
  if (code === 0) return "Runtime exited without providing a reason";
  return `Runtime exited with error: ${signal ? `signal: ${signal}` : `exit status ${code}`}`;
}

/**
 * How long a process may take to load the function, unless the function's timeout is longer.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib
 */
const INIT_SECONDS = 10;

/** A message of the process: it is ready, an invocation returned, or something failed; a fatal error ends the process. */
const Report = v.union([
  v.object({ ready: v.literal(true) }),
  v.object({ error: FunctionError, isFatal: v.optional(v.boolean(), false) }),
  v.object({ response: v.unknown() }),
]);

type Report = v.InferOutput<typeof Report>;
