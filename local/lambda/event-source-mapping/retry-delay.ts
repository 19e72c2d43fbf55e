/**
 * How long to wait after so many failures in a row, in milliseconds: from 100 ms doubling up to 10 s. Lambda backs
 * off exponentially, too, but does not document its figures.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
 */
export function backoff(failures: number): number {
  return Math.min(100 * 2 ** (failures - 1), 10_000);
}
