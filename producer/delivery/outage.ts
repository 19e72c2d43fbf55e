import { type Clock, systemClock } from "../../shared/clock";
import { formatCount } from "../../shared/terminal";

/** Knows whether records wait for Kinesis while it stores none at all, since when and why, and says so. */
export class Outage {
  readonly #onNotice: (message: string) => void;
  readonly #clock: Clock;
  #since: number | undefined;
  #reason = "";
  #isNoticed = false;

  /** @param onNotice called when an outage lasts, and when it is over */
  constructor(onNotice: (message: string) => void, clock: Clock = systemClock) {
    this.#onNotice = onNotice;
    this.#clock = clock;
  }

  /** Why Kinesis stores nothing; undefined while it does, or has not done so for a moment only. */
  get reason(): string | undefined {
    return this.#ms >= LASTING_MS ? this.#reason : undefined;
  }

  /** A few words for the progress line. */
  get status(): string | undefined {
    return this.reason === undefined
      ? undefined
      : `waiting for Kinesis for ${this.#seconds} s (${this.#reason})`;
  }

  /** Notes that records are sent again. */
  addFailure(reason: string): void {
    this.#since ??= this.#clock.now();
    this.#reason = reason;
    if (this.reason === undefined || this.#isNoticed) return;
    this.#isNoticed = true;
    this.#onNotice(`Kinesis takes no records (${reason}); waiting, and reading no further meanwhile`);
  }

  /** Notes that records were stored. */
  addSuccess(): void {
    if (this.#isNoticed) this.#onNotice(`Kinesis takes records again, after ${this.#seconds} s`);
    this.#since = undefined;
    this.#isNoticed = false;
  }

  get #ms(): number {
    return this.#since === undefined ? 0 : this.#clock.now() - this.#since;
  }

  get #seconds(): string {
    return formatCount(Math.round(this.#ms / 1000));
  }
}

/** How long nothing is stored before it is worth a word: a shard that is throttled takes some records every second. */
const LASTING_MS = 5000;
