import { Option } from "commander";
import * as v from "valibot";
import { type Clock, systemClock } from "../../../shared/clock";
import { CommandError } from "../../../shared/errors";
import { list } from "../../../shared/option-values";
import { ConnectionLost } from "../live/connection-lost";
import { type LiveOptions, LiveStream } from "../live/live-stream";
import { trackOption } from "../live/track-option";
import type { Resumption, Source, SourceDefinition, SourceItem, SourcePosition } from "../source";
import { postOf } from "./bluesky-post";
import { endpointOf, PUBLIC_ENDPOINTS, subscriptionUrl } from "./endpoint";
import { type Candidate, postFilter } from "./filter";
import { type JetstreamMessage, parseMessage } from "./jetstream-message";
import { RecentPosts } from "./recent-posts";
import { UnreadableMessage, webSocketMessages } from "./web-socket";

const BlueskyOptions = v.object({
  track: v.optional(v.array(v.string())),
  lang: v.optional(v.array(v.string())),
  jetstreamUrl: v.optional(v.string()),
});

/** Live posts from Bluesky: its Jetstream carries everything that is posted there, and needs no account. */
export const blueskySource: SourceDefinition = {
  summary: "live posts from Bluesky; free, and no account is needed",
  options: [
    trackOption,
    new Option("--lang <codes>", "only posts in one of these languages, such as en,pt").argParser(list),
    new Option(
      "--jetstream-url <url>",
      "a Jetstream of your own, such as ws://localhost:6008 (default: Bluesky's, whichever answers)",
    ),
  ],
  help: `Bluesky (--source bluesky):
  Jetstream delivers all posts, dozens a second; --track and --lang filter them on this machine.
  A post's username is its author's DID, such as did:plc:z72i7hdynmk6r22z27h6tvur: DIDs never change, and the stream
  carries no handles.
  With --resume, posts since the last run come first. Jetstream keeps about a day of them; a gap is reported with its
  times.`,
  async create(options) {
    const { track, lang, jetstreamUrl } = v.parse(BlueskyOptions, options);
    return new BlueskySource({
      endpoints: jetstreamUrl === undefined ? PUBLIC_ENDPOINTS : [endpointOf(jetstreamUrl)],
      isWanted: postFilter({ terms: track, languages: lang }),
    });
  },
};

/**
 * How far back to resume, in microseconds, at the same host and at another one. Hosts lag behind the network, at times
 * by a minute, and give a post the time at which they saw it: the time at which a lagging host ended is later than that
 * of its last posts at another. A post that is delivered twice is still one item in the table.
 * @see https://bsky.network/docs/jetstream/#resuming-where-you-left-off
 */
const OVERLAP_US = 5_000_000;
const OTHER_HOST_OVERLAP_US = 300_000_000;

/** How far to step over a message that cannot be read, in microseconds; doubled, up to a minute, until one can be. */
const STEP_OVER_US = 1_000_000;
const LONGEST_STEP_US = 60_000_000;

export interface BlueskySourceOptions extends Partial<LiveOptions> {
  /** Tried in turn, one for each connection. */
  endpoints: readonly URL[];
  isWanted: (candidate: Candidate) => boolean;
}

/** Posts from Jetstream. Each connection is to the next endpoint, and resumes before the point where the last one ended. */
export class BlueskySource implements Source {
  readonly description = "Bluesky";
  readonly resumption: Resumption = {
    checkpointPath: ".producer/bluesky.checkpoint.json",
    describe: (position) => isoTime(Number(position)),
  };
  readonly #options: BlueskySourceOptions;
  readonly #clock: Clock;
  readonly #live: LiveStream;
  #connections = 0;
  #host = "";
  /** The latest time of any message, in microseconds. */
  #seenUs: number | undefined;
  #stepOverUs = 0;
  #hasReceived = false;
  readonly #recent = new RecentPosts();

  constructor(options: BlueskySourceOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#live = new LiveStream("Bluesky", (signal) => this.#connect(signal), { resumes: true, ...options });
  }

  items(signal: AbortSignal, from?: SourcePosition): AsyncIterable<SourceItem> {
    this.#seenUs = from === undefined ? undefined : Number(from);
    return this.#live.items(signal);
  }

  status(): string | undefined {
    const status = this.#live.status();
    if (status !== undefined || this.#seenUs === undefined) return status;
    const behind = Math.max(0, this.#clock.now() - this.#seenUs / 1000);
    return `${this.#host}, ${Math.round(behind / 1000)} s behind`;
  }

  async *#connect(signal: AbortSignal): AsyncGenerator<SourceItem> {
    const { endpoints } = this.#options;
    const endpoint = endpoints[this.#connections++ % endpoints.length];
    if (!endpoint) throw new Error("there are no endpoints");
    const seam = this.#seamTo(endpoint);
    this.#host = endpoint.host;
    try {
      const url = subscriptionUrl(endpoint, this.#cursor(seam));
      for await (const data of webSocketMessages(url, signal, this.#clock)) {
        const message = parseMessage(data);
        if (message.kind === "error") throw new ConnectionLost(message.reason);
        if ("timeUs" in message && message.timeUs !== undefined) {
          yield* this.#gapNotice(seam, message, message.timeUs);
          this.#passed(message.timeUs);
        }
        if (message.kind === "post") this.#recent.add(message);
        yield this.#itemOf(message, data);
      }
    } catch (error) {
      throw this.#explained(error);
    }
  }

  #seamTo({ host }: URL): Seam {
    // A checkpoint does not say which host it comes from.
    const isSameHost = this.#host === "" ? this.#options.endpoints.length === 1 : this.#host === host;
    const mustMeet = !isSameHost && !this.#recent.isEmpty;
    return { endedUs: this.#seenUs, isSameHost, mustMeet, isStart: true, isPassed: false };
  }

  #cursor({ isSameHost }: Seam): number | undefined {
    if (this.#seenUs === undefined) return undefined;
    if (this.#stepOverUs > 0) return this.#seenUs + this.#stepOverUs;
    return this.#seenUs - (isSameHost ? OVERLAP_US : OTHER_HOST_OVERLAP_US);
  }

  /** Looks at a connection's messages until they are past the end of the last one, and reports a gap between the two. */
  *#gapNotice(seam: Seam, message: JetstreamMessage, timeUs: number): Generator<SourceItem> {
    const { endedUs, isStart } = seam;
    if (endedUs === undefined || seam.isPassed) return;
    seam.isStart = false;
    const isKnown = message.kind === "post" && this.#recent.has(message);
    if (isKnown) seam.mustMeet = false;
    seam.isPassed = timeUs > endedUs;
    // The cursor lies before the end: a host that still has everything begins with known posts.
    const isGap = seam.isPassed && !isKnown && (seam.mustMeet || isStart);
    if (!isGap) return;
    const range = `${isStart ? `from ${isoTime(endedUs)} to` : "before"} ${isoTime(timeUs)}`;
    const what = isStart ? "none" : "none of the last ones seen elsewhere";
    yield {
      kind: "notice",
      message: `Bluesky: posts ${range} may be missing: ${this.#host} delivered ${what}`,
    };
  }

  #passed(timeUs: number): void {
    this.#hasReceived = true;
    if (this.#seenUs !== undefined && timeUs <= this.#seenUs) return;
    this.#seenUs = timeUs;
    this.#stepOverUs = 0;
  }

  #itemOf(message: Exclude<JetstreamMessage, { kind: "error" }>, data: string): SourceItem {
    if (message.kind === "unreadable") return { ...message, kind: "rejected", bytes: [Buffer.from(data)] };
    const position = message.timeUs;
    if (message.kind === "other") return { kind: "skipped", position };

    const result = postOf(message);
    if (!result.ok) {
      const { detail } = result;
      return { kind: "rejected", reason: "invalid-event", detail, bytes: [Buffer.from(data)], position };
    }
    const { post, langs } = result;
    if (!this.#options.isWanted({ text: post.text, langs })) return { kind: "skipped", position };
    return { kind: "post", post, position };
  }

  #explained(error: unknown): unknown {
    if (!(error instanceof ConnectionLost)) return error;
    if (error instanceof UnreadableMessage)
      this.#stepOverUs = Math.min(this.#stepOverUs * 2 || STEP_OVER_US, LONGEST_STEP_US);
    const isWrongAddress = /^40[0-5]$/.test(String(error.answer?.status));
    if (isWrongAddress && this.#options.endpoints.length === 1 && !this.#hasReceived)
      return new CommandError(
        `--jetstream-url: ${this.#host}: ${error.message}; check the address, whose path is usually /subscribe`,
      );
    return new ConnectionLost(`${this.#host}: ${error.message}`, error.answer);
  }
}

/** Where one connection continues what the last one delivered. */
interface Seam {
  /** When the last connection ended, by its own messages, in microseconds; undefined if there was none. */
  endedUs: number | undefined;
  isSameHost: boolean;
  /** Whether only a known post can show that there is no gap: the times of two hosts do not compare. */
  mustMeet: boolean;
  /** Whether no message has come yet. */
  isStart: boolean;
  /** Whether a message has come from after the end. */
  isPassed: boolean;
}

function isoTime(microseconds: number): string {
  return new Date(Math.floor(microseconds / 1000)).toISOString();
}
