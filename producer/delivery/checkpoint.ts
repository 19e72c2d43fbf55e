import { type Clock, systemClock } from "../../shared/clock";
import { CommandError, ExitCode, messageOf } from "../../shared/errors";
import { LowWatermark, type PendingItem } from "../../shared/low-watermark";
import type { Source, SourcePosition } from "../sources/source";
import { readCheckpoint, type SavedCheckpoint, writeCheckpoint } from "./checkpoint-file";

export interface CheckpointOptions {
  source: Source;
  /** What `--source` calls the source. */
  sourceName: string;
  /** The stream, as `describeStream` describes it. */
  stream: string;
  /** The file; defaults to the source's own. */
  path?: string | undefined;
  /** Called before each save, which waits for it: whatever is settled as rejected must be on the disk first. */
  onSave(): Promise<void>;
  /** Called when the file cannot be written; the run continues. */
  onWarning(message: string): void;
  clock?: Clock;
}

/**
 * Keeps a source's low watermark in a file: the last position before which every item is settled, that is, acknowledged
 * by Kinesis, in the rejects file, or skipped. Whenever a run is killed, the next one resumes there; what was sent
 * since the last save is sent again, which leaves the same items in the table.
 */
export class Checkpoint {
  /** Where to resume; undefined at the beginning. */
  readonly from: SourcePosition | undefined;
  /** Whether an earlier run delivered the input to its end, and it has not grown since. */
  readonly nothingLeft: boolean;
  readonly #options: CheckpointOptions & { path: string };
  readonly #input: unknown;
  readonly #watermark: LowWatermark<SourcePosition>;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  #saved: SourcePosition | undefined;
  /** Saves once a second, from the first item on, until the checkpoint is closed. */
  #saving: Promise<void> | undefined;
  #failure: CommandError | undefined;

  private constructor(
    options: CheckpointOptions & { path: string },
    input: unknown,
    saved: SavedCheckpoint | undefined,
    nothingLeft: boolean,
  ) {
    this.#options = options;
    this.#input = input;
    this.from = saved?.position;
    this.nothingLeft = nothingLeft;
    this.#saved = this.from;
    this.#watermark = new LowWatermark(this.from);
    this.#clock = options.clock ?? systemClock;
  }

  /**
   * Reads the checkpoint that an earlier run has left, if there is one.
   * @throws CommandError if the source cannot be resumed, or the file is not a checkpoint of this source, input and
   *   stream, or cannot be written
   */
  static async open(options: CheckpointOptions): Promise<Checkpoint> {
    const { source, sourceName } = options;
    if (!source.resumption)
      throw new CommandError(
        `--resume: ${source.description} cannot be read again from where it was`,
        ExitCode.usage,
      );
    const file = options.path ?? source.resumption.checkpointPath;
    const { input } = source.resumption;
    const saved = await readCheckpoint(file);
    if (saved) expectSameRun(saved, file, sourceName, options.stream);

    const change = saved && input ? await input.compare(saved.input) : "same";
    if (change === "different")
      throw new CommandError(
        `the checkpoint ${file} was made with another ${source.description}; delete it to start at the beginning, or name another with --checkpoint`,
      );
    const checkpoint = new Checkpoint(
      { ...options, path: file },
      await input?.identify(),
      saved,
      saved?.complete === true && change === "same",
    );
    await checkpoint.#save(checkpoint.nothingLeft);
    checkpoint.#throwFailure();
    return checkpoint;
  }

  /** Says where the run resumes. */
  get greeting(): string {
    const { source, path: file } = this.#options;
    if (this.nothingLeft)
      return `${source.description} was delivered to its end, and there is nothing new in it (checkpoint ${file})`;
    if (this.from === undefined)
      return `nothing from ${source.description} was delivered yet (checkpoint ${file})`;
    return `resuming after ${source.resumption?.describe(this.from)} of ${source.description} (checkpoint ${file})`;
  }

  /** Resolves when another item may be added, or the signal is aborted. */
  room(signal: AbortSignal): Promise<void> {
    return this.#watermark.atMost(MAX_ITEMS_BEYOND - 1, signal);
  }

  /** Adds an item; items are added in the order in which the source delivers them. */
  add(position: SourcePosition | undefined): PendingItem<SourcePosition> {
    this.#saving ??= this.#saveRegularly();
    return this.#watermark.add(position);
  }

  /** Marks an item as acknowledged, in the rejects file, or skipped. */
  settle(item: PendingItem<SourcePosition>): void {
    this.#watermark.settle(item);
  }

  /**
   * Saves for the last time.
   * @param complete whether the source had nothing more to deliver
   * @throws CommandError if the file could not be written
   */
  async close(complete: boolean): Promise<void> {
    this.#closing.abort();
    await this.#saving;
    await this.#save(complete);
    this.#throwFailure();
  }

  async #saveRegularly(): Promise<void> {
    const { signal } = this.#closing;
    for (;;) {
      await this.#clock.sleep(SAVE_EVERY_MS, signal);
      if (signal.aborted) return;
      if (this.#watermark.position === this.#saved) continue;
      const failedBefore = this.#failure !== undefined;
      await this.#save(false);
      if (this.#failure && !failedBefore) this.#options.onWarning(this.#failure.message);
    }
  }

  /** Never throws: a failure is kept until the checkpoint is closed, and forgotten if a later save succeeds. */
  async #save(complete: boolean): Promise<void> {
    const { path: file, sourceName, stream, onSave } = this.#options;
    const position = this.#watermark.position;
    try {
      await onSave();
      await writeCheckpoint(file, {
        source: sourceName,
        stream,
        ...(this.#input !== undefined && { input: this.#input }),
        ...(position !== undefined && { position }),
        complete,
        savedAt: new Date(this.#clock.now()).toISOString(),
      });
      this.#saved = position;
      this.#failure = undefined;
    } catch (error) {
      this.#failure =
        error instanceof CommandError
          ? error
          : new CommandError(
              `the checkpoint ${file} cannot be written (${messageOf(error)}); name another with --checkpoint`,
            );
    }
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure;
  }
}

const SAVE_EVERY_MS = 1000;

/**
 * How many items may wait behind one that is not settled. Without a limit, the list would grow for as long as one
 * record is sent again and again, to a shard that is throttled.
 */
const MAX_ITEMS_BEYOND = 100_000;

/** @throws CommandError if the checkpoint belongs to another source or stream */
function expectSameRun(saved: SavedCheckpoint, file: string, sourceName: string, stream: string): void {
  const remedy = "name another file with --checkpoint, or delete this one to start at the beginning";
  if (saved.source !== sourceName)
    throw new CommandError(
      `the checkpoint ${file} belongs to --source ${saved.source}, not to --source ${sourceName}; ${remedy}`,
      ExitCode.usage,
    );
  if (saved.stream !== stream)
    throw new CommandError(
      `the checkpoint ${file} belongs to ${saved.stream}, but this run is for ${stream}; ${remedy}`,
      ExitCode.usage,
    );
}
