/**
 * The last posts that were delivered. Hosts give the same post different times, so only a post that both deliver shows
 * that one host begins before the other one ended.
 */
export class RecentPosts {
  readonly #keys = new Set<string>();

  get isEmpty(): boolean {
    return this.#keys.size === 0;
  }

  has(post: PostKey): boolean {
    return this.#keys.has(keyOf(post));
  }

  add(post: PostKey): void {
    this.#keys.add(keyOf(post));
    const [oldest] = this.#keys;
    if (this.#keys.size > MOST_POSTS && oldest !== undefined) this.#keys.delete(oldest);
  }
}

/** What identifies a post on every host. */
export interface PostKey {
  did: string;
  rkey: string;
}

/** What Bluesky carries in several minutes, at dozens of posts a second; about two megabytes. */
const MOST_POSTS = 20_000;

function keyOf({ did, rkey }: PostKey): string {
  return `${did}/${rkey}`;
}
