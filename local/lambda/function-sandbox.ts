import type { Writable } from "node:stream";
import { type Clock, systemClock } from "../../shared/clock";
import { ExecutionEnvironment } from "./execution-environment";
import type { FunctionDeclaration } from "./function-declaration";
import type { InvocationOutcome } from "./invocation-outcome";

/**
 * Runs a function's real bundle as Lambda would: in processes with nothing but the declared environment, as many as
 * there are concurrent invocations; one that is free is used again.
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
   * Invokes the function in an environment that is free, or in a new one. A crash or a timeout is an outcome.
   * @param death kills the process that runs the function when it aborts
   * @throws when no process can be started for it
   */
  async invoke(event: unknown, death?: AbortSignal): Promise<InvocationOutcome> {
    const environment = this.#takeIdle() ?? this.#startEnvironment();
    death?.addEventListener("abort", () => void environment.kill(), { once: true });
    try {
      return await environment.invoke(event);
    } finally {
      if (environment.isAlive) this.#idle.push(environment);
      else this.#all.delete(environment);
    }
  }

  /** Ends every process at once, as a machine would that fails: what is under way is lost. */
  async stop(): Promise<void> {
    const ending = [...this.#all];
    await Promise.all(ending.map((environment) => environment.kill()));
    for (const environment of ending) this.#all.delete(environment);
  }

  /** An environment whose process has not ended by itself meanwhile. */
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
