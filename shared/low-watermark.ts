import { WaitList } from "./wait-list";

/** An item between being read and being settled. */
export interface PendingItem<P> {
  readonly position: P | undefined;
  readonly weight: number;
  isSettled: boolean;
}

/**
 * The low watermark of items that are read in order and settled in any order: the last position before which every
 * item is settled. Items read later are often settled earlier, and reading must resume no later than at the first
 * item that is not settled.
 */
export class LowWatermark<P> {
  #items: PendingItem<P>[] = [];
  /** Index of the first item that is not settled. */
  #first = 0;
  #position: P | undefined;
  #weight = 0;
  #isStopped = false;
  readonly #watermark = new WaitList();

  /** @param start the position before which everything was settled earlier */
  constructor(start?: P) {
    this.#position = start;
  }

  get position(): P | undefined {
    return this.#position;
  }

  /**
   * The weight of all items beyond the watermark: those that are not settled, and those read after them. Nothing once it
   * is stopped.
   */
  get weightBeyond(): number {
    return this.#weight;
  }

  /**
   * Adds an item; items are added in the order in which they were read.
   * @param position of the item, if it has one
   * @param weight how much it adds to `weightBeyond`: 1 to count items, or its bytes
   */
  add(position: P | undefined, weight = 1): PendingItem<P> {
    const item = { position, weight, isSettled: false };
    if (this.#isStopped) return item;
    this.#items.push(item);
    this.#weight += weight;
    return item;
  }

  /** @returns whether the watermark moved */
  settle(item: PendingItem<P>): boolean {
    item.isSettled = true;
    const firstBefore = this.#first;
    for (let first = this.#items[this.#first]; first?.isSettled; first = this.#items[this.#first]) {
      this.#position = first.position ?? this.#position;
      this.#weight -= first.weight;
      this.#first++;
    }
    if (this.#first === firstBefore) return false;
    if (this.#first >= REMOVE_AT_ONCE) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    this.#watermark.changed();
    return true;
  }

  /**
   * Resolves when the items beyond the watermark weigh no more than this, or the watermark is stopped.
   * @param signal ends the wait early
   */
  async atMost(weight: number, signal?: AbortSignal): Promise<void> {
    const wake = () => this.#watermark.changed();
    signal?.addEventListener("abort", wake, { once: true });
    while (!this.#isStopped && !signal?.aborted && this.#weight > weight) await this.#watermark.change();
    signal?.removeEventListener("abort", wake);
  }

  /** Keeps the position where it is forever, because an item can never be settled. */
  stop(): void {
    this.#isStopped = true;
    this.#items = [];
    this.#first = 0;
    this.#weight = 0;
    this.#watermark.changed();
  }
}

/** How many settled items are removed together: removing each by itself would move all those behind it. */
const REMOVE_AT_ONCE = 4096;
