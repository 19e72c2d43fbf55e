/** The counts that `--json` prints of a run in which every record was stored, or `values` in their place. */
export function reportCounts(produced: number, values: object = {}) {
  return {
    produced,
    stored: produced,
    rejected: 0,
    rejectedLines: 0,
    failed: 0,
    lost: 0,
    different: 0,
    stray: 0,
    duplicates: 0,
    ...values,
  };
}
