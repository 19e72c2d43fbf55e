import { BackoffReconnection, type ReconnectionPolicy } from "../../producer/sources/live/reconnection";
import type { VirtualClock } from "./virtual-clock";

/** Decides as another policy does, and passes on how many milliseconds it decided to wait. */
export function noted(policy: ReconnectionPolicy, onDelay: (delayMs: number) => void): ReconnectionPolicy {
  return {
    delayMs(loss, nowMs) {
      const delayMs = policy.delayMs(loss, nowMs);
      onDelay(delayMs);
      return delayMs;
    },
  };
}

/** Reconnection in the middle of its jitter; time passes by its waits, which are noted, and by nothing else. */
export function withoutWaiting(clock: VirtualClock): { waits: number[]; reconnection: ReconnectionPolicy } {
  const waits: number[] = [];
  const reconnection = noted(new BackoffReconnection(() => 0.5), (delayMs) => {
    waits.push(delayMs);
    void clock.advance(delayMs);
  });
  return { waits, reconnection };
}
