import * as v from "valibot";

/** How an invocation ended. A failure has the error that Lambda reports. */
export type InvocationOutcome =
  | { ok: true; requestId: string; response: unknown }
  | { ok: false; requestId: string; error: FunctionError };

/** An error of a function, with the type and the message that Lambda reports. */
export const FunctionError = v.object({ errorType: v.string(), errorMessage: v.string() });

export type FunctionError = v.InferOutput<typeof FunctionError>;
