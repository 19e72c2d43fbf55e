import { CommandError, ExitCode, messageOf } from "../../../shared/errors";
import { countOf, formatCount } from "../../../shared/terminal";
import type { LiveStream } from "../live/live-stream";
import type { Source, SourceItem } from "../source";
import { filteredStream } from "./filtered-stream";
import type { StreamedItem } from "./payload";
import { costOf, dollars, PRICING_PAGE } from "./price";
import { newRunTag, OUR_TAG, ownerOf } from "./rule-owner";
import { planRules, type Rule, type RulePlan, Rules } from "./rules";
import { signIn } from "./x-client";
import type { XSettings } from "./x-settings";

/** The options of a run. */
export interface XRun {
  /** Values of rules; if there are none, the rules that an earlier run kept are used. */
  wanted: readonly string[];
  /** Keeps the rules that this run creates. */
  keepRules: boolean;
  /** Removes all rules of other runs first, whether they have ended or not, and kept ones. */
  clearRules: boolean;
  /** How many posts to read at most. */
  maxPosts?: number | undefined;
  /** In US dollars. */
  pricePerPost: number;
}

/**
 * Signs in and reads the app's rules; changes nothing yet.
 * @throws CommandError if X does not accept the credentials, or there is no rule to stream by
 */
export async function openXSource(run: XRun, settings: XSettings): Promise<XSource> {
  const client = await signIn(settings);
  const rules = new Rules(client, settings.apiUrl);
  const plan = planRules(await rules.list(), run.wanted, run.clearRules);
  if (plan.use.length + plan.create.length === 0)
    throw new CommandError(
      "--source x needs to know which posts: name terms with --track <terms>, such as --track yolo, or a rule with --rule; no earlier run kept a rule",
      ExitCode.usage,
    );
  return new XSource(run, rules, plan, filteredStream(settings.apiUrl, client.bearerToken));
}

/** Posts from the filtered stream, whose rules it creates first and removes at the end. */
export class XSource implements Source {
  readonly description = "X's filtered stream";
  #read = 0;
  /** Of those: posts that match none of this run's rules. */
  #readByOtherRules = 0;
  #created: readonly Rule[] = [];

  constructor(
    readonly run: XRun,
    readonly rules: Rules,
    readonly plan: RulePlan,
    readonly stream: LiveStream<StreamedItem>,
  ) {}

  status(): string {
    const status = this.stream.status();
    return status === undefined ? this.#costText() : `${this.#costText()}  ${status}`;
  }

  closingNote(): string {
    return `X: ${this.#costText()}`;
  }

  #costText(): string {
    const cost = costOf(this.#read, this.run.pricePerPost);
    const others = this.#readByOtherRules;
    return others === 0 ? cost : `${cost}; ${formatCount(others)} of them only by other rules`;
  }

  async *items(signal: AbortSignal): AsyncGenerator<SourceItem> {
    yield notice(this.#priceText());
    const active = await this.#setRules();
    yield* this.#ruleNotices(active);

    let hasFailed = false;
    try {
      yield* this.#posts(new Set(active.map(({ id }) => id)), signal);
    } catch (error) {
      hasFailed = true;
      throw error;
    } finally {
      // After an error, this would probably fail too and hide the first error. The next run finds the rules.
      if (!hasFailed) await this.#removeRules();
    }
  }

  async *#posts(ruleIds: ReadonlySet<string>, signal: AbortSignal): AsyncGenerator<SourceItem> {
    const { maxPosts } = this.run;
    for await (const item of this.stream.items(signal)) {
      const isRead = item.kind === "post" || item.kind === "rejected";
      const isOther = matchesOtherRules(item, ruleIds);
      if (isRead) this.#read++;
      if (isOther) this.#readByOtherRules++;
      yield isOther ? { kind: "skipped" } : item;
      if (isRead && this.#read === maxPosts) {
        yield notice(`stopped after ${countOf(maxPosts, "post")} (--max-posts)`);
        return;
      }
    }
  }

  #priceText(): string {
    const { maxPosts, pricePerPost } = this.run;
    const limit =
      maxPosts === undefined
        ? "--max-posts <n> sets a limit"
        : `this run reads at most ${formatCount(maxPosts)}, about ${dollars(maxPosts * pricePerPost)}`;
    return `X charges for every post that is read, about $${pricePerPost} (see ${PRICING_PAGE}); ${limit}`;
  }

  /** Makes the app's rules the wanted ones, and returns those whose posts are put on the stream. */
  async #setRules(): Promise<Rule[]> {
    const { use, create, remove } = this.plan;
    await this.rules.remove(remove);
    this.#created = await this.rules.create(create, this.run.keepRules ? OUR_TAG : newRunTag());
    return [...use, ...this.#created];
  }

  *#ruleNotices(active: readonly Rule[]): Generator<SourceItem> {
    const { remove, use, others } = this.plan;
    if (remove.length > 0) yield notice(`removed the rules of other runs: ${valuesOf(remove)}`);
    const borrowed = use.filter(({ tag }) => ownerOf(tag) === "other-run");
    if (borrowed.length > 0)
      yield notice(
        `another run of the producer has the same rule, which goes when it ends: ${valuesOf(borrowed)}`,
      );
    if (others.length > 0) yield notice(otherRulesText(others));
    yield notice(`streaming posts from X that match ${valuesOf(active)}`);
  }

  /** Removes the rules that this run created. */
  async #removeRules(): Promise<void> {
    if (this.run.keepRules || this.#created.length === 0) return;
    try {
      await this.rules.remove(this.#created);
    } catch (error) {
      throw new CommandError(
        `the rule ${valuesOf(this.#created)} is still at X; the next run will remove it: ${messageOf(error)}`,
      );
    }
  }
}

function otherRulesText(others: readonly Rule[]): string {
  const ours = others.filter(({ tag }) => ownerOf(tag) !== "foreign");
  const remedy =
    ours.length === 0
      ? ""
      : `; those of other runs, or kept by them, go with --clear-rules: ${valuesOf(ours)}`;
  return `this X app has ${countOf(others.length, "other rule")}; X also delivers and charges for their posts, which are skipped${remedy}`;
}

/** Whether a post matches none of the run's rules. */
function matchesOtherRules(item: SourceItem | StreamedItem, ruleIds: ReadonlySet<string>): boolean {
  return "ruleIds" in item && item.ruleIds?.some((id) => ruleIds.has(id)) === false;
}

function notice(message: string): SourceItem {
  return { kind: "notice", message };
}

function valuesOf(rules: readonly Rule[]): string {
  return rules.map(({ value }) => value).join(" | ");
}
