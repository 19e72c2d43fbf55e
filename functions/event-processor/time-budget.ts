/**
 * How an invocation divides its time, in ms from now: events are written until `writing`, rejected records are set aside
 * until `settingAside`, and what is left is for the answer. Setting aside gets 5 s, which is time for the S3 client to
 * load and for a request to be sent again, or a quarter of a shorter invocation.
 * @param remaining ms until Lambda ends the invocation
 */
export function timeBudget(remaining: number): { writing: number; settingAside: number } {
  const reserve = Math.min(5_000, remaining / 4);
  const answer = Math.min(500, remaining / 20);
  return {
    writing: Math.max(0, Math.floor(remaining - reserve - answer)),
    settingAside: Math.max(0, Math.floor(remaining - answer)),
  };
}
