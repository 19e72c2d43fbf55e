import type { Option } from "commander";
import type { Post } from "../../events/post";
import type { Environment } from "../../shared/environment-file";
import type { Line, Pieces } from "../../shared/lines";

/**
 * A place in a source from which it can go on later, such as a line number or a cursor. Only the source knows what it
 * means.
 */
export type SourcePosition = string | number;

/** One thing a source delivers. */
export type SourceItem = ItemContent & {
  /** Whoever goes on from here gets what comes after this item; left out where nobody can. */
  position?: SourcePosition | undefined;
};

type ItemContent =
  /** An event, and where it came from. */
  | { kind: "post"; post: Post; line?: Line }
  /** Bytes to put on the stream as they are. */
  | { kind: "raw"; line: Line }
  /** Input that is not an event, or too long to hold in memory: its bytes go to the rejects file. */
  | { kind: "rejected"; lineNumber?: number; reason: string; detail: string; bytes: Pieces }
  /** An empty line. */
  | { kind: "empty" }
  /** Input that is left out on purpose, such as a post that is not asked for. */
  | { kind: "skipped" }
  /** Nothing to deliver, but something a person should know, such as a gap; it is printed. */
  | { kind: "notice"; message: string };

/** Where posts come from. */
export interface Source {
  /** Names the source in messages, such as `tweets.ndjson`. */
  readonly description: string;
  /**
   * Delivers the items in order; the next one is asked for when the stream has room. Ends quietly, with no error,
   * once the signal is aborted. Throws a CommandError for a fault a person can mend.
   * @param from the position of the last item that is done with; left out, the source begins at its beginning, or now
   */
  items(signal: AbortSignal, from?: SourcePosition): AsyncIterable<SourceItem>;
  /** A few words for the progress line, such as `reconnecting in 5 s`. */
  status?(): string | undefined;
  /** What a person should know once the run has ended, such as what it has cost. */
  closingNote?(): string | undefined;
  /** Left out by a source that cannot go on from where it was. */
  readonly resumption?: Resumption | undefined;
}

/** How a source goes on from where it was. */
export interface Resumption {
  /** Where the checkpoint is kept if nobody says otherwise. */
  readonly checkpointPath: string;
  /** A position in words, such as `line 1,200`. */
  describe(position: SourcePosition): string;
  /** Left out where there is only one input to speak of. */
  readonly input?: InputIdentity;
}

/** Tells an input from another one of the same name. */
export interface InputIdentity {
  /** What the input is known by, as JSON can say it. */
  identify(): Promise<unknown>;
  /** Whether it is the input that was known by this, and whether there is more of it since. */
  compare(identity: unknown): Promise<"same" | "grown" | "different">;
}

/** What `--source` can name: one file in this folder and one line in `index.ts`. */
export interface SourceDefinition {
  /** One line for `--help`. */
  readonly summary: string;
  /** Its own options; sources that mean the same by one share the same `Option`. */
  readonly options: readonly Option[];
  /** More for `--help`, such as the environment variables it reads. */
  readonly help?: string;
  /** Whether this environment makes it the source of a run that names none. */
  isDefault?(environment: Environment): boolean;
  /** How many posts it delivers without `--count`; left out, all there are. */
  readonly defaultCount?: number;
  /**
   * Makes the source from the command's options, and opens what can be opened before anything else is started.
   * @throws CommandError if an option is wrong or what it names cannot be opened
   */
  create(options: Record<string, unknown>): Promise<Source>;
}
