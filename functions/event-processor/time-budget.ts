/**
 * Divides an invocation's time, in milliseconds from now. Events are written until `writingMs`, rejected records are
 * set aside until `settingAsideMs`, and the rest is for the answer. Setting aside gets 5 s, enough for the S3 client to
 * load and for a request to be sent again, or a quarter of the time if that is less.
 * @param remainingMs until Lambda ends the invocation
 */
export function timeBudget(remainingMs: number): { writingMs: number; settingAsideMs: number } {
  const setAsideMs = Math.min(5_000, remainingMs / 4);
  const answerMs = Math.min(500, remainingMs / 20);
  return {
    writingMs: Math.max(0, Math.floor(remainingMs - setAsideMs - answerMs)),
    settingAsideMs: Math.max(0, Math.floor(remainingMs - answerMs)),
  };
}
