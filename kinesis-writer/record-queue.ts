import type { CallLimits } from "./call-limits";
import { recordBytes, type StreamRecord } from "./stream-record";

/** A record, and when the writer took it, in epoch milliseconds. */
export interface Entry<R> {
  readonly record: R;
  readonly since: number;
}

/** The records that no call carries yet, in the order in which they are to be sent. */
export class RecordQueue<R extends StreamRecord> {
  readonly #entries: Entry<R>[] = [];
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** Whether one call could carry no more. */
  fillsCall({ records, bytes }: CallLimits): boolean {
    return this.#entries.length >= records || this.#bytes >= bytes;
  }

  add(entry: Entry<R>): void {
    this.#entries.push(entry);
    this.#bytes += recordBytes(entry.record);
  }

  /** Puts entries that were taken back to the front. */
  putBack(entries: readonly Entry<R>[]): void {
    this.#entries.unshift(...entries);
    this.#bytes += totalBytes(entries);
  }

  /** Takes what the next call carries: as much as it may, and at least one record. */
  takeCall({ records, bytes }: CallLimits): readonly Entry<R>[] {
    let size = 0;
    const end = this.#entries.findIndex(({ record }, index) => {
      size += recordBytes(record);
      return index > 0 && (index >= records || size > bytes);
    });
    const taken = this.#entries.splice(0, end === -1 ? this.#entries.length : end);
    this.#bytes -= totalBytes(taken);
    return taken;
  }
}

function totalBytes<R extends StreamRecord>(entries: readonly Entry<R>[]): number {
  return entries.reduce((sum, { record }) => sum + recordBytes(record), 0);
}
