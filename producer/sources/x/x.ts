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
  clearRules: v.optional(v.boolean(), false),
  maxPosts: v.optional(v.number()),
  pricePerPost: v.number(),
});

/** Live posts from X's filtered stream, with the credentials of an X app. */
export const xSource: SourceDefinition = {
  summary: "live posts from X, by terms or rules; the default if X's credentials are set",
  options: [
    trackOption,
    new Option("--rule <rule>", "posts that match a rule in X's rule language; may be repeated").argParser(
      (value: string, previous: string[] = []) => [...previous, value],
    ),
    new Option("--keep-rules", "keep the rules at X when the run ends"),
    new Option(
      "--clear-rules",
      "first remove the rules of the producer's other runs, and those that were kept",
    ),
    new Option("--max-posts <n>", "stop after X has delivered, and charged for, n posts").argParser(
      integer(1),
    ),
    new Option("--price-per-post <usd>", "the price of a post, for the estimate")
      .default(PRICE_PER_POST)
      .argParser(positiveNumber),
  ],
  help: `X (--source x):
  It needs the credentials of an app, which X issues at https://developer.x.com, in environment variables:
    X_BEARER_TOKEN                         or
    X_CONSUMER_KEY and X_CONSUMER_SECRET   which are exchanged for a bearer token
    X_API_URL                              the address of X's API, if it is not https://api.x.com
  X charges for every post that is read, and may charge for its author, see ${PRICING_PAGE}.
  Terms and rules become rules of the app's filtered stream, and are removed when the run ends. --keep-rules keeps
  them, and a later run without --track and --rule uses them. A run that was killed leaves its rules; the next one on
  the same machine removes them. --clear-rules removes all that the producer has created; no other rule is ever changed.
  For X's rule language see https://docs.x.com/x-api/posts/filtered-stream/integrate/build-a-rule.`,
  isDefault: hasCredentials,
  async create(options) {
    const { track, rule, ...run } = v.parse(XOptions, options);
    const settings = readXSettings(process.env);
    const wanted = [...new Set([...(track.length > 0 ? [trackRule(track)] : []), ...rule])];
    // X's library takes long to load, so only a run that needs it loads it.
    const { openXSource } = await import("./x-source");
    return openXSource({ ...run, wanted }, settings);
  },
};
