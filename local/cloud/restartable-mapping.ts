import { messageOf } from "../../shared/errors";
import {
  EventSourceMapping,
  type EventSourceMappingParts,
} from "../lambda/event-source-mapping/event-source-mapping";
import { retryDelayMs } from "../lambda/event-source-mapping/retry-delay";

/** An event source mapping that can be stopped and started again while it runs, as when its host fails. */
export class RestartableMapping {
  readonly #parts: EventSourceMappingParts;
  readonly #stopping = new AbortController();
  #mapping: EventSourceMapping;
  #restart: Promise<void> | undefined;

  /** Takes the same as a mapping, apart from the checkpoints, which it keeps. */
  constructor(parts: Omit<EventSourceMappingParts, "checkpoints">) {
    this.#parts = { ...parts, checkpoints: new Map() };
    this.#mapping = new EventSourceMapping(this.#parts);
  }

  /** @throws when the role may not read the stream, or the stream does not exist */
  start(): Promise<void> {
    return this.#mapping.start();
  }

  /** Whether there is a checkpoint to resume from. */
  get hasCheckpoint(): boolean {
    return this.#parts.checkpoints.size > 0;
  }

  /** Stops the mapping and starts it again, however often that fails. A batch under way is not handled. */
  async restart(): Promise<void> {
    this.#restart ??= this.#stopAndStart().finally(() => {
      this.#restart = undefined;
    });
    return this.#restart;
  }

  /** Resolves when every record that is on the stream now is handled, or the mapping stops. */
  async caughtUp(): Promise<void> {
    let hasRestarted = true;
    while (hasRestarted && !this.#stopping.signal.aborted) {
      await this.#restart;
      const mapping = this.#mapping;
      await mapping.caughtUp();
      hasRestarted = this.#restart !== undefined || mapping !== this.#mapping;
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#restart;
    await this.#mapping.stop();
  }

  async #stopAndStart(): Promise<void> {
    const { clock, onProblem } = this.#parts;
    const { signal } = this.#stopping;
    await this.#mapping.stop();
    for (let failures = 1; !signal.aborted; failures += 1) {
      this.#mapping = new EventSourceMapping(this.#parts);
      try {
        return await this.#mapping.start();
      } catch (error) {
        onProblem(`the event source mapping cannot start again: ${messageOf(error)}`);
        await clock.sleep(retryDelayMs(failures), signal);
      }
    }
  }
}
