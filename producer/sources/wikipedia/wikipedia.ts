import { Option } from "commander";
import * as v from "valibot";
import { parseJson } from "../../../events/json";
import { brokenRule } from "../../../events/parse-event";
import { Post } from "../../../events/post";
import { systemClock } from "../../../shared/clock";
import { CommandError, ExitCode } from "../../../shared/errors";
import { list } from "../../../shared/option-values";
import { ConnectionLost, USER_AGENT } from "../live/connection-lost";
import { type LiveOptions, LiveStream } from "../live/live-stream";
import { serverSentEvents } from "../live/server-sent-events";
import type { Source, SourceDefinition, SourceItem, SourcePosition } from "../source";

/** Live edits of Wikipedia and its sister projects: the page and comment become the text, the editor the author. */
export const wikipediaSource: SourceDefinition = {
  summary: "live edits of Wikipedia and its sister projects; free, and no account is needed",
  options: [
    new Option("--wiki <names>", "only edits of these wikis, such as enwiki,dewiki").argParser(list),
    new Option(
      "--contact <address>",
      "your e-mail address or page, which Wikimedia asks for (default: WIKIPEDIA_CONTACT)",
    ),
  ],
  help: `Wikipedia (--source wikipedia):
  Wikimedia blocks clients that do not say how to reach whoever runs them. Name your e-mail address or a page of yours
  with --contact, or in the environment variable WIKIPEDIA_CONTACT; it is sent to Wikimedia and nowhere else.`,
  async create(options) {
    const { wiki, contact = process.env.WIKIPEDIA_CONTACT } = v.parse(WikipediaOptions, options);
    return new WikipediaSource({ wikis: wiki, contact: checkedContact(contact) });
  },
};

const WikipediaOptions = v.object({
  wiki: v.optional(v.array(v.string())),
  contact: v.optional(v.string()),
});

/**
 * @throws CommandError if the contact is missing, or is neither an e-mail address nor a URL
 * @see https://foundation.wikimedia.org/wiki/Policy:Wikimedia_Foundation_User-Agent_Policy
 */
function checkedContact(contact = ""): string {
  if (/^([^\s@()]+@[^\s@()]+|https?:\/\/[^\s()]+)$/.test(contact)) return contact;
  const given = contact === "" ? "is not set" : `is ${contact}`;
  throw new CommandError(
    `--contact ${given}; Wikimedia asks every client to say how to reach whoever runs it: give your e-mail address or a page of yours, such as --contact me@example.com`,
    ExitCode.usage,
  );
}

/** @see https://wikitech.wikimedia.org/wiki/Event_Platform/EventStreams_HTTP_Service */
const RECENT_CHANGES = new URL("https://stream.wikimedia.org/v2/stream/recentchange");

/** @see https://schema.wikimedia.org/repositories/primary/jsonschema/mediawiki/recentchange/latest */
const RecentChange = v.object({
  meta: v.object({ id: v.string(), dt: v.string(), domain: v.optional(v.string()) }),
  type: v.string(),
  wiki: v.string(),
  user: v.string(),
  title: v.string(),
  comment: v.optional(v.string(), ""),
});

const ROBOT_POLICY = "https://wikitech.wikimedia.org/wiki/Robot_policy";

export interface WikipediaSourceOptions extends Partial<LiveOptions> {
  /** Names of the wikis whose edits are wanted; all by default. */
  wikis?: readonly string[] | undefined;
  /** How to reach whoever runs this: an e-mail address or a page. */
  contact: string;
  /** Defaults to Wikimedia's. */
  url?: URL;
}

/** Edits from the stream of recent changes, which resumes after the last event. */
export class WikipediaSource implements Source {
  readonly description = "Wikipedia";
  readonly resumption = {
    checkpointPath: ".producer/wikipedia.checkpoint.json",
    describe: () => "the last settled edit",
  };
  readonly #live: LiveStream;
  readonly #options: WikipediaSourceOptions;
  #lastEventId: string | undefined;

  constructor(options: WikipediaSourceOptions) {
    this.#options = options;
    this.#live = new LiveStream("Wikipedia", (signal) => this.#connect(signal), {
      resumes: true,
      ...options,
    });
  }

  items(signal: AbortSignal, from?: SourcePosition): AsyncIterable<SourceItem> {
    this.#lastEventId = from === undefined ? undefined : String(from);
    return this.#live.items(signal);
  }

  status(): string | undefined {
    return this.#live.status();
  }

  async *#connect(signal: AbortSignal): AsyncGenerator<SourceItem> {
    const { contact, url = RECENT_CHANGES, clock = systemClock } = this.#options;
    const options = { lastEventId: this.#lastEventId, userAgent: `${USER_AGENT} (${contact})`, clock };
    try {
      for await (const { data, id } of serverSentEvents(url, signal, options)) {
        this.#lastEventId = id;
        yield { ...this.#itemOf(data), position: id };
      }
    } catch (error) {
      if (error instanceof ConnectionLost && error.answer?.status === 403)
        throw new CommandError(
          `Wikipedia: ${error.message}; it blocks clients that break its rules, or whose contact does not work: check --contact, and see ${ROBOT_POLICY}`,
        );
      throw error;
    }
  }

  #itemOf(data: string): SourceItem {
    const value = parseJson(data);
    if (value === undefined) return rejected(data, "invalid-json", "the event is not JSON");
    const change = v.safeParse(RecentChange, value);
    if (!change.success) return rejected(data, "invalid-event", brokenRule(change.issues[0]));
    const { meta, type, wiki, user, title, comment } = change.output;
    // Canary events are test events of the service itself.
    const isEdit = (type === "edit" || type === "new") && meta.domain !== "canary";
    if (!isEdit || this.#options.wikis?.includes(wiki) === false) return { kind: "skipped" };

    const text = comment === "" ? title : `${title}: ${comment}`;
    const fields = { id: meta.id, username: user, text, createdAt: meta.dt, source: wiki };
    const post = v.safeParse(Post, fields);
    if (!post.success) return rejected(data, "invalid-event", brokenRule(post.issues[0]));
    return { kind: "post", post: post.output };
  }
}

function rejected(data: string, reason: string, detail: string): SourceItem {
  return { kind: "rejected", reason, detail, bytes: [Buffer.from(data)] };
}
