/** How much may be under way at the same time. */
export interface ParallelLimits<T> {
  items: number;
  /** The most that all items may weigh together; an item that weighs more is worked on alone. */
  weight: number;
  weightOf(item: T): number;
}

/**
 * Works on several items at once. After a failure no more are taken, and what is under way is finished.
 * @throws the first failure
 */
export async function inParallel<T>(
  items: AsyncIterable<T>,
  limits: ParallelLimits<T>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const underWay = new Map<Promise<unknown>, number>();
  const failures: unknown[] = [];
  const isFull = (weight: number) =>
    underWay.size >= limits.items ||
    (underWay.size > 0 && [...underWay.values()].reduce((sum, other) => sum + other, weight) > limits.weight);

  try {
    for await (const item of items) {
      const weight = limits.weightOf(item);
      while (isFull(weight)) await Promise.race(underWay.keys());
      if (failures.length > 0) break;

      const done: Promise<unknown> = work(item)
        .catch((error) => failures.push(error))
        .finally(() => underWay.delete(done));
      underWay.set(done, weight);
    }
  } finally {
    await Promise.all(underWay.keys());
  }
  if (failures.length > 0) throw failures[0];
}
