import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import * as v from "valibot";
import { type Clock, systemClock } from "../../shared/clock";
import { CommandError, ExitCode, messageOf } from "../../shared/errors";
import { LowWatermark, type PendingItem } from "../../shared/low-watermark";
import type { Source, SourcePosition } from "../sources/source";

const SAVE_EVERY_MS = 1000;

/**
 * How many items may wait behind one that is not settled. A record that is sent again and again, to a shard that is
 * throttled, must not make the list of all that overtook it grow without end.
 */
const MAX_ITEMS_BEHIND = 100_000;

/** What the file holds. */
const Saved = v.object({
  source: v.string(),
  /** Where the records went: what is on one stream is not on another. */
  stream: v.string(),
  /** What the input is known by. */
  input: v.optional(v.unknown()),
  /** Left out as long as nothing is done with. */
  position: v.optional(v.union([v.string(), v.number()])),
  /** Whether the source had nothing more to deliver. */
  complete: v.boolean(),
  savedAt: v.string(),
});

type Saved = v.InferOutput<typeof Saved>;

export interface CheckpointOptions {
  source: Source;
  /** What `--source` calls the source. */
  sourceName: string;
  /** Names the stream, and no other. */
  stream: string;
  /** The file; left out, the source's own. */
  path?: string | undefined;
  /** Resolves once what was refused so far is out of this process's hands: a checkpoint must not pass it earlier. */
  flush(): Promise<void>;
  /** Is told that the file cannot be written, while the run goes on. */
  warn(message: string): void;
  clock?: Clock;
}

/**
 * Keeps, in a file, up to where a source is done with: every item up to there is acknowledged by Kinesis, in the
 * rejects file, or left out on purpose. A process that is killed, at whatever moment, goes on from there the next
 * time; what it had sent but not yet noted is sent again, which leaves the same items in the table.
 */
export class Checkpoint {
  /** Where to go on; left out at the beginning. */
  readonly from: SourcePosition | undefined;
  /** Whether the input was delivered to its end and has not grown since. */
  readonly nothingLeft: boolean;
  readonly #options: CheckpointOptions & { path: string };
  readonly #input: unknown;
  readonly #watermark: LowWatermark<SourcePosition>;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  #saved: SourcePosition | undefined;
  /** Saves from time to time, from the first item on; resolves when the checkpoint is closed. */
  #saving: Promise<void> | undefined;
  #failure: CommandError | undefined;

  private constructor(
    options: CheckpointOptions & { path: string },
    input: unknown,
    saved: Saved | undefined,
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
    if (saved) refuseOther(saved, file, sourceName, options.stream);

    const change = saved && input ? await input.compare(saved.input) : "same";
    if (change === "different")
      throw new CommandError(
        `the checkpoint ${file} was made with another ${source.description}; delete it to begin at the beginning, or name another with --checkpoint`,
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

  /** Says from where the run goes on. */
  get greeting(): string {
    const { source, path: file } = this.#options;
    if (this.nothingLeft)
      return `${source.description} was delivered to its end, and there is nothing new in it (checkpoint ${file})`;
    if (this.from === undefined)
      return `nothing is delivered yet of ${source.description} (checkpoint ${file})`;
    return `going on after ${source.resumption?.describe(this.from)} of ${source.description} (checkpoint ${file})`;
  }

  /** Resolves when another item may be added. */
  room(): Promise<void> {
    return this.#watermark.atMost(MAX_ITEMS_BEHIND - 1);
  }

  /** Adds an item, in the order in which the source delivers them. */
  add(position: SourcePosition | undefined): PendingItem<SourcePosition> {
    this.#saving ??= this.#saveRegularly();
    return this.#watermark.add(position);
  }

  /** Notes that an item is acknowledged, kept in the rejects file, or left out on purpose. */
  settle(item: PendingItem<SourcePosition>): void {
    this.#watermark.settle(item);
  }

  /** Leaves the checkpoint where it is: an item can be neither delivered nor kept. */
  stop(): void {
    this.#watermark.stop();
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
      if (this.#failure && !failedBefore) this.#options.warn(this.#failure.message);
    }
  }

  /** Never rejects; a failure is kept until something can be done about it, and is forgotten if the next save works. */
  async #save(complete: boolean): Promise<void> {
    const { path: file, sourceName, stream, flush } = this.#options;
    const position = this.#watermark.position;
    const content: Saved = {
      source: sourceName,
      stream,
      ...(this.#input !== undefined && { input: this.#input }),
      ...(position !== undefined && { position }),
      complete,
      savedAt: new Date(this.#clock.now()).toISOString(),
    };
    try {
      await flush();
      await replaceFile(file, `${JSON.stringify(content, undefined, 2)}\n`);
      this.#saved = position;
      this.#failure = undefined;
    } catch (error) {
      this.#failure = new CommandError(
        `the checkpoint ${file} cannot be written (${messageOf(error)}); name another with --checkpoint`,
      );
    }
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure;
  }
}

/** Whoever reads the file finds the old content or the new one, whenever this process is killed. */
async function replaceFile(file: string, content: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(`${file}.tmp`, content, { flush: true });
  await rename(`${file}.tmp`, file);
}

async function readCheckpoint(file: string): Promise<Saved | undefined> {
  let content: string;
  try {
    content = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new CommandError(`the checkpoint ${file} cannot be read: ${messageOf(error)}`);
  }
  try {
    return v.parse(Saved, JSON.parse(content));
  } catch {
    throw new CommandError(`${file} is not a checkpoint; name another file with --checkpoint`);
  }
}

function refuseOther(saved: Saved, file: string, sourceName: string, stream: string): void {
  const remedy = "name another file with --checkpoint, or delete this one to begin at the beginning";
  if (saved.source !== sourceName)
    throw new CommandError(
      `the checkpoint ${file} is one of --source ${saved.source}, not of --source ${sourceName}; ${remedy}`,
      ExitCode.usage,
    );
  if (saved.stream !== stream)
    throw new CommandError(
      `the checkpoint ${file} says what is on ${saved.stream}, and this run is for ${stream}; ${remedy}`,
      ExitCode.usage,
    );
}
