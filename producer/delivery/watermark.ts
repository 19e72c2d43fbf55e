/** An item that a source has delivered, and whether it is done with. */
export interface Pending<P> {
  readonly position: P | undefined;
  done: boolean;
}

/**
 * How many items are kept while an earlier one is not done with. A record that is sent again and again, to a shard
 * that is throttled, must not make the list of all that overtook it grow without end.
 */
const MAX_ITEMS = 100_000;

/** How many items that are done with are removed at once. */
const REMOVE_AT_ONCE = 4096;

/**
 * Knows up to where everything is done with, while items are done with in any order: records that are taken later
 * are often acknowledged earlier.
 */
export class Watermark<P> {
  readonly #maxItems: number;
  #items: Pending<P>[] = [];
  #firstPending = 0;
  #position: P | undefined;
  #waiting: (() => void)[] = [];
  #stopped = false;

  /** @param start up to where everything was done with before */
  constructor(start?: P, maxItems = MAX_ITEMS) {
    this.#position = start;
    this.#maxItems = maxItems;
  }

  /** The last position up to which everything is done with. */
  get position(): P | undefined {
    return this.#position;
  }

  /** Resolves when another item may be added. */
  async room(): Promise<void> {
    while (!this.#stopped && this.#items.length - this.#firstPending >= this.#maxItems)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /**
   * Adds an item; items are added in the order in which the source delivers them.
   * @param position of the item, if it has one
   */
  add(position: P | undefined): Pending<P> {
    const item = { position, done: false };
    if (!this.#stopped) this.#items.push(item);
    return item;
  }

  /** Leaves the position where it is for good, because an item will never be done with. */
  stop(): void {
    this.#stopped = true;
    this.#items = [];
    for (const resume of this.#waiting.splice(0)) resume();
  }

  /** Notes that an item is done with. */
  settle(item: Pending<P>): void {
    item.done = true;
    for (let first = this.#items[this.#firstPending]; first?.done; first = this.#items[this.#firstPending]) {
      this.#position = first.position ?? this.#position;
      this.#firstPending++;
    }
    if (this.#firstPending >= REMOVE_AT_ONCE) {
      this.#items = this.#items.slice(this.#firstPending);
      this.#firstPending = 0;
    }
    for (const resume of this.#waiting.splice(0)) resume();
  }
}
