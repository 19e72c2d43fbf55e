/** How long and how often a service is asked before a call fails. */
export interface Patience {
  /** How long it may stay silent, whatever a call takes in all, in milliseconds. */
  silenceMs: number;
  /** How many times a call is made. */
  attempts: number;
}

/**
 * Ten attempts take about half a minute when the service answers with errors, longer than most of its faults last, and
 * about two minutes when it does not answer at all.
 */
export const PATIENCE: Patience = { silenceMs: 10_000, attempts: 10 };
