import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import * as v from "valibot";

/** A Lambda function as the stack declares it. */
export interface FunctionDeclaration {
  name: string;
  arn: string;
  /** The folder with the bundle. */
  codeFolder: string;
  /** Such as `index.handler`. */
  handler: string;
  /** Megabytes. */
  memorySize: number;
  /** Seconds. */
  timeout: number;
  /** All that the function's process sees: what is declared, and what Lambda adds. */
  environment: Record<string, string>;
}

/** How an invocation ended. A failure names the error as Lambda does. */
export type InvocationOutcome =
  | { ok: true; requestId: string; response: unknown }
  | { ok: false; requestId: string; error: FunctionError };

const FunctionError = v.object({ errorType: v.string(), errorMessage: v.string() });

export type FunctionError = v.InferOutput<typeof FunctionError>;

/** What the process says: that it is ready, what an invocation returned, or what went wrong. */
const Report = v.union([
  v.object({ ready: v.literal(true) }),
  v.object({ error: FunctionError }),
  v.object({ response: v.unknown() }),
]);

type Report = v.InferOutput<typeof Report>;

/**
 * Runs a function's real bundle as Lambda would: in a process with nothing but the declared environment, one
 * invocation at a time in each, as many processes as there are concurrent invocations.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
 */
export class FunctionSandbox {
  private readonly idle: ExecutionEnvironment[] = [];
  private readonly all = new Set<ExecutionEnvironment>();

  constructor(
    private readonly declaration: FunctionDeclaration,
    private readonly log: Writable,
  ) {}

  /** The processes that run now. */
  processes(): number[] {
    return [...this.all].flatMap(({ pid }) => pid ?? []);
  }

  /** Invokes the function in an environment that is free, or in a new one. Never rejects: a crash is an outcome. */
  async invoke(event: unknown): Promise<InvocationOutcome> {
    const environment = this.takeIdle() ?? this.startEnvironment();
    const outcome = await environment.invoke(event);
    if (environment.isAlive) this.idle.push(environment);
    else this.all.delete(environment);
    return outcome;
  }

  /** Ends every process at once, as a machine would that fails: what is under way is lost. */
  async stop(): Promise<void> {
    await Promise.all([...this.all].map((environment) => environment.kill()));
    this.all.clear();
    this.idle.length = 0;
  }

  /** An environment whose process has not ended by itself meanwhile. */
  private takeIdle(): ExecutionEnvironment | undefined {
    for (let environment = this.idle.pop(); environment; environment = this.idle.pop()) {
      if (environment.isAlive) return environment;
      this.all.delete(environment);
    }
    return undefined;
  }

  private startEnvironment(): ExecutionEnvironment {
    const environment = new ExecutionEnvironment(this.declaration, this.log);
    this.all.add(environment);
    return environment;
  }
}

/** One process that runs the function. */
class ExecutionEnvironment {
  isAlive = true;
  private readonly process: ChildProcess;
  private readonly exited: Promise<Report>;
  private readonly started: Promise<Report>;

  constructor(
    private readonly declaration: FunctionDeclaration,
    log: Writable,
  ) {
    this.process = fork(join(__dirname, "function-runtime.mjs"), [], {
      env: declaration.environment,
      execArgv: [`--max-old-space-size=${declaration.memorySize}`],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    // A process that cannot be reached has ended, and `exited` says how.
    this.process.on("error", () => undefined);
    this.process.stdout?.pipe(log, { end: false });
    this.process.stderr?.pipe(log, { end: false });
    this.exited = new Promise((resolve) => {
      this.process.once("exit", (code, signal) => {
        this.isAlive = false;
        resolve(
          failure(
            "Runtime.ExitError",
            `Runtime exited with ${signal ? `signal ${signal}` : `status ${code}`}`,
          ),
        );
      });
    });
    this.started = this.nextReport();
  }

  async invoke(event: unknown): Promise<InvocationOutcome> {
    const requestId = randomUUID();
    const report = await this.report(requestId, event);
    if ("response" in report) return { ok: true, requestId, response: report.response };
    if ("error" in report) return { ok: false, requestId, error: report.error };
    throw new Error("the function's process said that it is ready when it was asked for a response");
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.exited;
  }

  private async report(requestId: string, event: unknown): Promise<Report> {
    const started = await this.started;
    if ("error" in started) {
      await this.kill();
      return started;
    }
    const { timeout, arn: functionArn } = this.declaration;
    const report = this.nextReport();
    this.process.send({ requestId, functionArn, deadline: Date.now() + timeout * 1000, event });
    return this.within(timeout, report);
  }

  /** The next message of the process, or how it ended. */
  private nextReport(): Promise<Report> {
    const message = new Promise<Report>((resolve) => {
      this.process.once("message", (report) => resolve(v.parse(Report, report)));
    });
    return Promise.race([message, this.exited]);
  }

  private async within(seconds: number, report: Promise<Report>): Promise<Report> {
    const timer = new AbortController();
    const timedOut = setTimeout(seconds * 1000, "timed out" as const, { signal: timer.signal });
    timedOut.catch(() => undefined);
    const first = await Promise.race([report, timedOut]);
    timer.abort();
    if (first !== "timed out") return first;
    await this.kill();
    return failure("Sandbox.Timedout", `Task timed out after ${seconds.toFixed(2)} seconds`);
  }
}

function failure(errorType: string, errorMessage: string): Report {
  return { error: { errorType, errorMessage } };
}
