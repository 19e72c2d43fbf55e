import { randomInt } from "node:crypto";
import { Option } from "commander";
import * as v from "valibot";
import type { Post } from "../../../events/post";
import { type Clock, systemClock } from "../../../shared/clock";
import { integer } from "../../../shared/option-values";
import { type Random, seededRandom } from "../../../shared/random";
import type { Source, SourceDefinition, SourceItem } from "../source";
import { EMOJI, LANGUAGES, type Language } from "./phrases";

const MAX_SEED = 2 ** 32 - 1;

const SampleOptions = v.object({ seed: v.optional(v.number()) });

/** Made-up posts, to try the architecture with nothing but Node.js. */
export const sampleSource: SourceDefinition = {
  summary: "made-up posts in many scripts; 1,000 by default",
  defaultCount: 1000,
  options: [
    new Option(
      "--seed <n>",
      "the same seed makes the same ids, authors and texts (default: random)",
    ).argParser(integer(0, MAX_SEED)),
  ],
  async create(options) {
    return new SampleSource(v.parse(SampleOptions, options).seed ?? randomInt(MAX_SEED + 1));
  },
};

/** An endless source of made-up posts. */
export class SampleSource implements Source {
  readonly description: string;

  /** @param clock dates each post as it is made */
  constructor(
    readonly seed: number,
    readonly clock: Clock = systemClock,
  ) {
    this.description = `sample posts, seed ${seed}`;
  }

  async *items(signal: AbortSignal): AsyncGenerator<SourceItem> {
    const random = seededRandom(this.seed);
    for (let number = 1; !signal.aborted; number++) {
      yield { kind: "post", post: makePost(`sample-${this.seed}-${number}`, random, this.clock.now()) };
    }
  }
}

const AUTHORS = 2000;

function makePost(id: string, random: Random, now: number): Post {
  // A few authors write a lot and many write little: the logarithm of an author's number is uniformly distributed.
  const author = Math.floor(AUTHORS ** random());
  const language = LANGUAGES[author % LANGUAGES.length] as Language;
  return {
    id,
    username: `${pick(language.handles, () => fraction(author, 7))}_${author}`,
    name: pick(language.names, () => fraction(author, 11)),
    text: makeText(language, random),
    createdAt: new Date(now).toISOString(),
    source: "sample",
    lang: language.lang,
  };
}

/** Often one sentence, rarely a dozen; then perhaps an emoji, a hashtag and a link. */
function makeText(language: Language, random: Random): string {
  const sentences = Array.from({ length: Math.ceil(12 * random() ** 4) || 1 }, () =>
    pick(language.sentences, random),
  );
  const extras = [
    ...(random() < 0.5 ? [pick(EMOJI, random)] : []),
    ...(random() < 0.3 ? [`#${pick(language.hashtags, random)}`] : []),
    ...(random() < 0.1 ? [`https://example.com/${Math.floor(random() * 36 ** 6).toString(36)}`] : []),
  ];
  return [sentences.join(language.space), ...extras].join(" ");
}

function pick<T>(choices: readonly [T, ...T[]], random: Random): T {
  return choices[Math.floor(random() * choices.length)] ?? choices[0];
}

/** A number from 0 to less than 1 that depends only on the author, so that an author always has the same name. */
function fraction(author: number, step: number): number {
  return ((author * step) % 97) / 97;
}
