import type { CallLimits } from "./call-limits";

/** What no call carries yet, in the order in which it is to be sent. */
export class CallQueue<E extends { readonly bytes: number }> {
  readonly #entries: E[] = [];
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** Whether one call could carry no more. */
  fillsCall({ records, bytes }: CallLimits): boolean {
    return this.#entries.length >= records || this.#bytes >= bytes;
  }

  add(entry: E): void {
    this.#entries.push(entry);
    this.#bytes += entry.bytes;
  }

  /** Puts entries that were taken back to the front. */
  putBack(entries: readonly E[]): void {
    this.#entries.unshift(...entries);
    for (const { bytes } of entries) this.#bytes += bytes;
  }

  /** Takes what the next call carries: as much as it may, and at least one entry. */
  takeCall(limits: CallLimits): readonly E[] {
    let count = 0;
    let size = 0;
    for (const { bytes } of this.#entries) {
      if (count > 0 && (count >= limits.records || size + bytes > limits.bytes)) break;
      count++;
      size += bytes;
    }
    this.#bytes -= size;
    return this.#entries.splice(0, count);
  }
}
