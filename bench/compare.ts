import Table from "cli-table3";

/** One way of doing something. */
export interface Variant {
  name: string;
  /** How many records one run handles. */
  records: number;
  run: () => unknown;
}

/**
 * Times the variants and prints how they compare with the first. They take turns, so that other work on the machine
 * slows them all down alike. Only the ratios count: absolute figures vary from machine to machine and from minute to
 * minute.
 */
export async function compare(title: string, variants: readonly Variant[]): Promise<void> {
  const durations = variants.map((): number[] => []);
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    for (const [index, { run }] of variants.entries()) {
      const started = performance.now();
      await run();
      if (round >= 0) durations[index]?.push(performance.now() - started);
    }
  }

  const rates = variants.map(({ records }, index) => (records / median(durations[index] ?? [])) * 1000);
  const table = new Table({
    head: [title, "records/s", "ratio"],
    style: { head: [], border: [] },
    colAligns: ["left", "right", "right"],
  });
  for (const [index, { name }] of variants.entries()) {
    const rate = rates[index] ?? 0;
    const ratio = rate / (rates[0] ?? rate);
    table.push([name, Math.round(rate).toLocaleString("en-US"), `${ratio.toFixed(2)}×`]);
  }
  process.stdout.write(`${table.toString()}\n\n`);
}

/** Rounds to warm up, and rounds that are timed. */
const WARM_UP_ROUNDS = 5;
const ROUNDS = 40;

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
