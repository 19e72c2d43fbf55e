import { Option } from "commander";
import * as v from "valibot";
import { parseJson } from "../../../events/json";
import { brokenRule } from "../../../events/parse-event";
import { Post } from "../../../events/post";
import { list } from "../../../shared/option-values";
import { type LiveOptions, LiveStream } from "../live/live-stream";
import { serverSentEvents } from "../live/server-sent-events";
import type { Source, SourceDefinition, SourceItem, SourcePosition } from "../source";

/** Live edits of Wikipedia and its sister projects: the page and comment become the text, the editor the author. */
export const wikipediaSource: SourceDefinition = {
  summary: "live edits of Wikipedia and its sister projects; free, and no account is needed",
  options: [new Option("--wiki <names>", "only edits of these wikis, such as enwiki,dewiki").argParser(list)],
  async create(options) {
    return new WikipediaSource(v.parse(v.object({ wiki: v.optional(v.array(v.string())) }), options).wiki);
  },
};

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

/** Edits from the stream of recent changes, which resumes after the last event. */
export class WikipediaSource implements Source {
  readonly description = "Wikipedia";
  readonly resumption = {
    checkpointPath: ".producer/wikipedia.checkpoint.json",
    describe: () => "the last settled edit",
  };
  readonly #live: LiveStream;
  #lastEventId: string | undefined;

  constructor(
    readonly wikis: readonly string[] | undefined,
    readonly url = RECENT_CHANGES,
    options: Partial<LiveOptions> = {},
  ) {
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
    for await (const { data, id } of serverSentEvents(this.url, signal, this.#lastEventId)) {
      this.#lastEventId = id;
      yield { ...this.#itemOf(data), position: id };
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
    if (!isEdit || this.wikis?.includes(wiki) === false) return { kind: "skipped" };

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
