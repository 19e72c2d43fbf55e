import type { Answer } from "./http-server";

/** What the gateway does to a request instead of forwarding it unchanged. `GatewayOptions.strike` decides to which. */
export type Fault = Effect & {
  /** Called once the request has been dealt with: whether the caller met the fault. */
  onDone(tookEffect: boolean): void;
};

export type Effect =
  /** It is answered here, and never forwarded. */
  | { effect: "answer"; response: Answer }
  /** It is forwarded after a delay. */
  | { effect: "delay"; delayMs: number }
  /** The connection ends, before the request is forwarded or after it was carried out. */
  | { effect: "disconnect"; carriedOut: boolean }
  /** Only a part of it is forwarded; `complete` adds the failure of the rest to the emulator's answer. */
  | { effect: "reduce"; body: Buffer; complete: (answer: string) => string };
