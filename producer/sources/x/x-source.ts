import { CommandError, ExitCode, messageOf } from "../../../shared/errors";
import { countOf, formatCount } from "../../../shared/terminal";
import type { LiveStream } from "../live/live-stream";
import type { Source, SourceItem } from "../source";
import { filteredStream } from "./filtered-stream";
import type { StreamedItem } from "./payload";
import { costOf, dollars, PRICING_PAGE } from "./price";
import { OUR_TAG, planRules, type Rule, type RulePlan, Rules } from "./rules";
import { signIn } from "./x-client";
import type { XSettings } from "./x-settings";

/** The options of a run. */
export interface XRun {
  /** Values of rules; if there are none, the rules that an earlier run kept are used. */
  wanted: readonly string[];
  keepRules: boolean;
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
  const plan = planRules(await rules.list(), run.wanted);
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

  constructor(
    readonly run: XRun,
    readonly rules: Rules,
    readonly plan: RulePlan,
    readonly stream: LiveStream<StreamedItem>,
  ) {}

  status(): string {
    const cost = costOf(this.#read, this.run.pricePerPost);
    const status = this.stream.status();
    return status === undefined ? cost : `${cost}  ${status}`;
  }

  closingNote(): string {
    return `X: ${costOf(this.#read, this.run.pricePerPost)}`;
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
      if (!hasFailed) await this.#removeRules(active);
    }
  }

  async *#posts(ruleIds: ReadonlySet<string>, signal: AbortSignal): AsyncGenerator<SourceItem> {
    const { maxPosts } = this.run;
    for await (const item of this.stream.items(signal)) {
      const isRead = item.kind === "post" || item.kind === "rejected";
      if (isRead) this.#read++;
      yield isOther(item, ruleIds) ? { kind: "skipped" } : item;
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
    const created = await this.rules.create(create);
    await this.rules.remove(remove);
    return [...use, ...created];
  }

  *#ruleNotices(active: readonly Rule[]): Generator<SourceItem> {
    const { remove, others } = this.plan;
    if (remove.length > 0) yield notice(`removed the rules of an earlier run: ${valuesOf(remove)}`);
    if (others.length > 0)
      yield notice(
        `this X app has ${countOf(others.length, "other rule")}; X also delivers and charges for their posts, which are skipped`,
      );
    yield notice(`streaming posts from X that match ${valuesOf(active)}`);
  }

  /** Removes the rules that this run wanted. A run that wanted none used rules that were meant to stay. */
  async #removeRules(active: readonly Rule[]): Promise<void> {
    const { wanted, keepRules } = this.run;
    const rules = active.filter(({ tag }) => tag === OUR_TAG);
    if (keepRules || wanted.length === 0 || rules.length === 0) return;
    try {
      await this.rules.remove(rules);
    } catch (error) {
      throw new CommandError(
        `the rule ${valuesOf(rules)} is still at X; the next run will remove it: ${messageOf(error)}`,
      );
    }
  }
}

/** Whether a post matches only rules that are not the producer's. */
function isOther(item: SourceItem | StreamedItem, ruleIds: ReadonlySet<string>): boolean {
  return "ruleIds" in item && item.ruleIds?.some((id) => ruleIds.has(id)) === false;
}

function notice(message: string): SourceItem {
  return { kind: "notice", message };
}

function valuesOf(rules: readonly Rule[]): string {
  return rules.map(({ value }) => value).join(" | ");
}
