import { Option } from "commander";
import * as v from "valibot";
import { integer, positiveNumber } from "../../../shared/option-values";
import { trackOption } from "../live/track-option";
import type { SourceDefinition } from "../source";
import { PRICE_PER_POST, PRICING_PAGE } from "./price";
import { trackRule } from "./track-rule";
import { hasCredentials, readXSettings } from "./x-settings";

const XOptions = v.object({
  track: v.optional(v.array(v.string()), []),
  rule: v.optional(v.array(v.string()), []),
  keepRules: v.optional(v.boolean(), false),
  maxPosts: v.optional(v.number()),
  pricePerPost: v.number(),
});

/** Live posts from X's filtered stream, with the credentials of an X app. */
export const xSource: SourceDefinition = {
  summary: "live posts from X, by terms or rules; the default if X's credentials are set",
  options: [
    trackOption,
    new Option("--rule <rule>", "posts that match a rule in X's own language; may be repeated").argParser(
      (value: string, previous: string[] = []) => [...previous, value],
    ),
    new Option("--keep-rules", "leave the rules at X when the run ends"),
    new Option("--max-posts <n>", "stop after X has delivered n posts, and charged for them").argParser(
      integer(1),
    ),
    new Option("--price-per-post <usd>", "what X charges for a post, for the estimate")
      .default(PRICE_PER_POST)
      .argParser(positiveNumber),
  ],
  help: `X (--source x):
  Its credentials are environment variables; X issues them at https://developer.x.com:
    X_BEARER_TOKEN                         or
    X_CONSUMER_KEY and X_CONSUMER_SECRET   from which a bearer token is asked for
    X_API_URL                              where X's API answers, if not at https://api.x.com
  X charges for every post that is read, and may charge for its author, see ${PRICING_PAGE}.
  Terms and rules become rules of the app's filtered stream, and are removed when the run ends; --keep-rules leaves
  them, and a later run without --track and --rule goes on with them. Rules of others are never changed.
  For X's rule language see https://docs.x.com/x-api/posts/filtered-stream/integrate/build-a-rule.`,
  isDefault: hasCredentials,
  async create(options) {
    const { track, rule, ...run } = v.parse(XOptions, options);
    const settings = readXSettings(process.env);
    const wanted = [...new Set([...(track.length > 0 ? [trackRule(track)] : []), ...rule])];
    // Only a run that needs X's library waits for it to load.
    const { openXSource } = await import("./x-source");
    return openXSource({ ...run, wanted }, settings);
  },
};
