import type { Writable } from "node:stream";
import { type Clock, systemClock } from "../../shared/clock";
import { type EarlyEnd, ExecutionEnvironment } from "./execution-environment";
import type { FunctionDeclaration } from "./function-declaration";
import type { InvocationOutcome } from "./invocation-outcome";

/**
 * Runs a function's real bundle as Lambda does: in processes with nothing but the declared environment. Each concurrent
 * invocation has its own process; an idle process takes the next invocation.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
 */
export class FunctionSandbox {
  readonly #declaration: FunctionDeclaration;
  readonly #log: Writable;
  readonly #clock: Clock;
  readonly #idle: ExecutionEnvironment[] = [];
  readonly #all = new Set<ExecutionEnvironment>();

  /** @param log where the output of every process goes, line by line */
  constructor(declaration: FunctionDeclaration, log: Writable, clock: Clock = systemClock) {
    this.#declaration = declaration;
    this.#log = log;
    this.#clock = clock;
  }

  /** The processes that run now. */
  processes(): number[] {
    return [...this.#all].flatMap(({ pid }) => pid ?? []);
  }

  /**
   * Invokes the function in an idle environment, or in a new one. A crash or a timeout is an outcome, not an error.
   * @param earlyEnd kills the process that runs the invocation, or ends it as a timeout does
   * @throws when no process can be started
   */
  async invoke(event: unknown, earlyEnd?: EarlyEnd): Promise<InvocationOutcome> {
    const environment = this.#takeIdle() ?? this.#startEnvironment();
    try {
      return await environment.invoke(event, earlyEnd);
    } finally {
      if (environment.isAlive) this.#idle.push(environment);
      else this.#all.delete(environment);
    }
  }

  /** Kills every process, as when a machine fails: invocations under way are lost. */
  async stop(): Promise<void> {
    const ending = [...this.#all];
    await Promise.all(ending.map((environment) => environment.kill()));
    for (const environment of ending) this.#all.delete(environment);
  }

  /** An idle environment whose process has not ended in the meantime. */
  #takeIdle(): ExecutionEnvironment | undefined {
    for (let environment = this.#idle.pop(); environment; environment = this.#idle.pop()) {
      if (environment.isAlive) return environment;
      this.#all.delete(environment);
    }
    return undefined;
  }

  #startEnvironment(): ExecutionEnvironment {
    const environment = new ExecutionEnvironment(this.#declaration, this.#log, this.#clock);
    this.#all.add(environment);
    return environment;
  }
}
