import type { StreamingV2AddRulesParams } from "twitter-api-v2";
import * as v from "valibot";
import { CommandError, ExitCode } from "../../../shared/errors";
import { ownerOf } from "./rule-owner";
import { answerOf, type XClient } from "./x-client";
import { isOfType, Problem, problemText } from "./x-problem";

/** A rule of the filtered stream; posts that match any of them are delivered. */
const Rule = v.object({ id: v.string(), value: v.string(), tag: v.optional(v.string()) });
export type Rule = v.InferOutput<typeof Rule>;

const RulesAnswer = v.object({
  data: v.optional(v.array(Rule), []),
  meta: v.optional(v.object({ next_token: v.optional(v.string()) })),
});

const UpdateAnswer = v.object({ ...Problem.entries, data: v.optional(v.array(Rule), []) });

/** What to do with an app's rules so that the wanted ones are among them. */
export interface RulePlan {
  /** Rules to remove before anything else: X charges for their posts, and no run wants them. */
  remove: Rule[];
  /** Values of rules to create. */
  create: string[];
  /** Existing rules whose posts are wanted. X accepts no rule twice, so these may be anyone's. */
  use: Rule[];
  /** Rules whose posts arrive on the same stream and are charged for, but skipped. */
  others: Rule[];
}

/**
 * Plans the changes to an app's rules. Rules of runs that have ended are removed, and all other rules stay, unless
 * `clears` is set: then all of the producer's own are removed that are not wanted.
 * @param wanted values of rules; if there are none, the kept rules are used as they are
 */
export function planRules(existing: readonly Rule[], wanted: readonly string[], clears: boolean): RulePlan {
  const isUsed = (rule: Rule) =>
    wanted.length > 0 ? wanted.includes(rule.value) : ownerOf(rule.tag) === "kept";
  const isRemoved = (rule: Rule) => {
    const owner = ownerOf(rule.tag);
    return owner === "ended-run" || (clears && owner !== "foreign" && !isUsed(rule));
  };
  const remaining = existing.filter((rule) => !isRemoved(rule));
  return {
    remove: existing.filter(isRemoved),
    create: wanted.filter((value) => !remaining.some((rule) => rule.value === value)),
    use: remaining.filter(isUsed),
    others: remaining.filter((rule) => !isUsed(rule)),
  };
}

/** The rules of an X app. */
export class Rules {
  constructor(
    readonly client: XClient,
    readonly apiUrl: string,
  ) {}

  /**
   * Reads all the app's rules.
   * @throws CommandError with the fault and its remedy
   */
  async list(): Promise<Rule[]> {
    const rules: Rule[] = [];
    for (let page: string | undefined, first = true; first || page; first = false) {
      const query = page === undefined ? {} : { pagination_token: page };
      const answer = this.#parsed(RulesAnswer, await this.#ask((v2) => v2.streamRules(query)));
      rules.push(...answer.data);
      page = answer.meta?.next_token;
    }
    return rules;
  }

  /**
   * Creates rules: all of them, or none.
   * @throws CommandError with X's objection, if it does not accept them
   */
  async create(values: readonly string[], tag: string): Promise<Rule[]> {
    if (values.length === 0) return [];
    const add: StreamingV2AddRulesParams = { add: values.map((value) => ({ value, tag })) };
    const answer = this.#parsed(UpdateAnswer, await this.#ask((v2) => v2.updateStreamRules(add)));
    if (!answer.errors?.length) return answer.data;

    // The objection is what the user must know; the next run finds what cannot be removed now.
    await this.remove(answer.data).catch(() => {});
    throw invalidRules(answer);
  }

  /** Removes rules. @throws CommandError with the fault and its remedy */
  async remove(rules: readonly Rule[]): Promise<void> {
    if (rules.length === 0) return;
    const ids = rules.map(({ id }) => id);
    await this.#ask((v2) => v2.updateStreamRules({ delete: { ids } }));
  }

  #ask<T>(request: (v2: XClient["api"]["v2"]) => Promise<T>): Promise<T> {
    return answerOf(this.apiUrl, request(this.client.api.v2));
  }

  #parsed<S extends v.GenericSchema>(schema: S, answer: unknown): v.InferOutput<S> {
    const parsed = v.safeParse(schema, answer);
    if (parsed.success) return parsed.output;
    throw new CommandError(
      `${this.apiUrl} answered with something that is not the rules of a filtered stream; check X_API_URL, if it is set`,
    );
  }
}

function invalidRules(problem: Problem): CommandError {
  const values = (problem.errors ?? []).flatMap(({ value }) => (value === undefined ? [] : [value]));
  const remedy = isOfType(problem, "rule-cap")
    ? "this app has reached its limit of rules; remove some of them"
    : "see https://docs.x.com/x-api/posts/filtered-stream/integrate/build-a-rule for what a rule may be";
  return new CommandError(
    `X does not accept the rule ${values.join(" or ")} (${problemText(problem)}); ${remedy}`,
    ExitCode.usage,
  );
}
