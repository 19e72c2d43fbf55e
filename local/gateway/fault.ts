import type { Answer } from "./http-server";

/** What can be done to a request instead of forwarding it as it is. Which request is struck is decided elsewhere. */
export type Fault =
  /** It is answered here, and never forwarded. */
  | { effect: "answer"; response: Answer }
  /** It is forwarded after a delay. */
  | { effect: "delay"; delayMs: number }
  /** The connection ends, before the request is forwarded or after it was carried out. */
  | { effect: "disconnect"; carriedOut: boolean }
  /** Only a part of it is forwarded; `complete` adds to the emulator's answer that the rest failed. */
  | { effect: "reduce"; body: Buffer; complete: (answer: string) => string };
