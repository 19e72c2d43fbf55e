import { type Clock, systemClock } from "../../shared/clock";
import { CommandError, ExitCode } from "../../shared/errors";
import { LowWatermark, type PendingItem } from "../../shared/low-watermark";
import type { InputIdentity, Source, SourcePosition } from "../sources/source";
import { CheckpointFile, type SavedCheckpoint } from "./checkpoint-file";
import { expectSameRun, type RunIdentity } from "./same-run";

export interface CheckpointOptions extends RunIdentity {
  source: Source;
  /** The file; defaults to the source's own. */
  path?: string | undefined;
  /** Called before each save, which waits for it: whatever is settled as rejected must be on the disk first. */
  onSave(): Promise<void>;
  /** Called when the file cannot be written, or not be compared with the stream; the run continues. */
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
  readonly #options: CheckpointOptions;
  readonly #file: CheckpointFile;
  /** What identifies the input, as far as it is known. */
  #input: unknown;
  readonly #streamIdentity: Pick<SavedCheckpoint, "streamArn" | "streamCreatedAt">;
  readonly #watermark: LowWatermark<SourcePosition>;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  #saved: SourcePosition | undefined;
  /** Saves once a second, from the first item on, until the checkpoint is closed. */
  #saving: Promise<void> | undefined;
  #failure: CommandError | undefined;

  private constructor(
    options: CheckpointOptions,
    file: CheckpointFile,
    input: unknown,
    saved: SavedCheckpoint | undefined,
    nothingLeft: boolean,
  ) {
    const { arn = saved?.streamArn, createdAt = saved?.streamCreatedAt } = options.streamIdentity ?? {};
    this.#options = options;
    this.#file = file;
    this.#input = input;
    this.#streamIdentity = {
      ...(arn !== undefined && { streamArn: arn }),
      ...(createdAt !== undefined && { streamCreatedAt: createdAt }),
    };
    this.from = saved?.position;
    this.nothingLeft = nothingLeft;
    this.#saved = this.from;
    this.#watermark = new LowWatermark(this.from);
    this.#clock = options.clock ?? systemClock;
  }

  /**
   * Reads the checkpoint that an earlier run has left, if there is one, and keeps other runs from it.
   * @throws CommandError if the source cannot be resumed, or the file is not a checkpoint of this source, input and
   *   stream, or is in use by another run, or cannot be written
   */
  static async open(options: CheckpointOptions): Promise<Checkpoint> {
    const { source, clock } = options;
    if (!source.resumption)
      throw new CommandError(
        `--resume: ${source.description} cannot be read again from where it was`,
        ExitCode.usage,
      );
    const file = await CheckpointFile.open(options.path ?? source.resumption.checkpointPath, clock);
    try {
      return await Checkpoint.#resume(options, file, source.resumption.input);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  static async #resume(
    options: CheckpointOptions,
    file: CheckpointFile,
    input: InputIdentity | undefined,
  ): Promise<Checkpoint> {
    const saved = await file.read();
    const doubt = saved && expectSameRun(saved, file.path, options);
    const change = saved && input ? await input.compare(saved.input) : "same";
    // Where nothing is settled, nothing is skipped, whatever the input was.
    if (change === "different" && saved?.position !== undefined)
      throw new CommandError(
        `the checkpoint ${file.path} was made with another ${options.source.description}; delete it to start at the beginning, or name another with --checkpoint`,
      );
    const nothingLeft = saved?.complete === true && change === "same";
    const checkpoint = new Checkpoint(options, file, await input?.identify(), saved, nothingLeft);
    await checkpoint.#save(nothingLeft);
    checkpoint.#throwFailure();
    if (doubt !== undefined) options.onWarning(doubt);
    return checkpoint;
  }

  /** Says where the run resumes. */
  get greeting(): string {
    const { source } = this.#options;
    const { path: file } = this.#file;
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
   * Saves for the last time, and lets other runs use the file.
   * @param complete whether the source had nothing more to deliver
   * @throws CommandError if the file could not be written
   */
  async close(complete: boolean): Promise<void> {
    this.#closing.abort();
    await this.#saving;
    await this.#save(complete);
    await this.#file.close();
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
    const { source, sourceName, stream, onSave } = this.#options;
    const position = this.#watermark.position;
    try {
      await onSave();
      // The position may have passed what was not there yet when the input was identified.
      this.#input = await source.resumption?.input?.identify(this.#input);
      await this.#file.write({
        ...{ source: sourceName, stream, ...this.#streamIdentity },
        ...(this.#input !== undefined && { input: this.#input }),
        ...(position !== undefined && { position }),
        complete,
        savedAt: new Date(this.#clock.now()).toISOString(),
      });
      this.#saved = position;
      this.#failure = undefined;
    } catch (error) {
      this.#failure = this.#file.unwritable(error);
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
