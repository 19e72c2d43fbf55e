import type { Option } from "commander";
import type { Post } from "../../events/post";
import type { Environment } from "../../shared/environment-file";
import type { Line, Pieces } from "../../shared/lines";

/** A place in a source from which reading can resume, such as a line number. Only the source understands it. */
export type SourcePosition = string | number;

/** One thing a source delivers. */
export type SourceItem = ItemContent & {
  /** Reading that resumes here delivers what comes after this item; omitted where that is not possible. */
  position?: SourcePosition | undefined;
};

type ItemContent =
  /** An event, and where it came from. */
  | { kind: "post"; post: Post; line?: Line }
  /** Bytes to put on the stream as they are. */
  | { kind: "raw"; line: Line }
  /** Input that can never be an item, or is too long to hold in memory: its bytes go to the rejects file. */
  | { kind: "rejected"; lineNumber?: number; reason: string; detail: string; bytes: Pieces }
  /** An empty line. */
  | { kind: "empty" }
  /** What a v1.1 stream says besides tweets. */
  | { kind: "stream-notice" }
  /** Input skipped on purpose, such as an unwanted post. */
  | { kind: "skipped" }
  /** Nothing to deliver, but something the user should know, such as a gap; it is printed. */
  | { kind: "notice"; message: string };

/** Where posts come from. */
export interface Source {
  /** Names the source in messages: `tweets.ndjson`. */
  readonly description: string;
  /**
   * Delivers the items in order; the next one is requested when the stream has room. Ends without an error once the
   * signal is aborted. Throws a CommandError for a fault that the user can fix.
   * @param from the position after which to resume; defaults to the source's beginning, or, for a live source, to now
   */
  items(signal: AbortSignal, from?: SourcePosition): AsyncIterable<SourceItem>;
  /** A few words for the progress line: `reconnecting in 5 s`. */
  status?(): string | undefined;
  /** What the user should know when the run has ended, such as what it cost. */
  closingNote?(): string | undefined;
  /** Omitted by a source that cannot resume. */
  readonly resumption?: Resumption | undefined;
}

/** How a source resumes. */
export interface Resumption {
  /** The default path of the checkpoint. */
  readonly checkpointPath: string;
  /** A position in words: `line 1,200`. */
  describe(position: SourcePosition): string;
  /** Omitted where there is only one input, such as a public stream. */
  readonly input?: InputIdentity;
}

/** Tells an input from another one with the same name. */
export interface InputIdentity {
  /**
   * What identifies the input, as a value that JSON can hold.
   * @param earlier what identified it when this run began: what was added since may not have been read
   */
  identify(earlier?: unknown): Promise<unknown>;
  /** Whether the input is the one that `identity` identifies, and whether it has grown since. */
  compare(identity: unknown): Promise<"same" | "grown" | "different">;
}

/** What `--source` can name: one folder beside this file, `<name>/<name>.ts`, and one line in `index.ts`. */
export interface SourceDefinition {
  /** One line for `--help`. */
  readonly summary: string;
  /** Its own options. Sources that have the same option share one `Option` object. */
  readonly options: readonly Option[];
  /** More for `--help`, such as the environment variables it reads. */
  readonly help?: string;
  /** Whether it is the default source in this environment. */
  isDefault?(environment: Environment): boolean;
  /** How many posts it delivers without `--count`; all by default. */
  readonly defaultCount?: number;
  /**
   * Makes the source from the command's options, and opens what it reads before anything else starts.
   * @throws CommandError if an option is wrong or what it names cannot be opened
   */
  create(options: Record<string, unknown>): Promise<Source>;
}
