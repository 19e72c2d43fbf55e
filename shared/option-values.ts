import { InvalidArgumentError } from "commander";

/** Makes a parser for an option's value: an integer within limits, both included. */
export function integer(min: number, max = Number.MAX_SAFE_INTEGER): (value: string) => number {
  return (value) => {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= min && number <= max))
      throw new InvalidArgumentError(`It must be an integer ${limits(min, max)}.`);
    return number;
  };
}

/** Reads an option's value as a number above zero, such as 0.5. */
export function positiveNumber(value: string): number {
  const number = /^\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
  if (!(number > 0)) throw new InvalidArgumentError("It must be a number above 0.");
  return number;
}

/** Reads an option that may be given several times, with values separated by commas. */
export function list(value: string, previous: readonly string[] = []): string[] {
  const values = value.split(",").map((part) => part.trim());
  if (values.includes("")) throw new InvalidArgumentError("It must be a list of values separated by commas.");
  return [...previous, ...values];
}

function limits(min: number, max: number): string {
  return max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
}
