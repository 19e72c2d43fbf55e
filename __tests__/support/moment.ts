import { setTimeout as sleep } from "node:timers/promises";

/** A promise and the function that fulfils it: lets a test decide when something happens. */
export function moment(): { reached: Promise<void>; reach: () => void } {
  let reach = () => {};
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  return { reached, reach };
}

const LONGEST_WAIT_MS = 20_000;

/** Resolves once the condition holds; throws when it does not in twenty seconds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + LONGEST_WAIT_MS;
  while (!(await condition())) {
    if (Date.now() > deadline)
      throw new Error(`still not so after ${LONGEST_WAIT_MS / 1000} s: ${condition}`);
    await sleep(5);
  }
}

/** Resolves with a number that has stopped growing: it is the same at several looks, a tenth of a second apart. */
export async function steady(number: () => number): Promise<number> {
  for (let before = number(), looks = 0; ; looks++) {
    await sleep(100);
    if (number() > before) looks = 0;
    if (looks === 3) return before;
    before = number();
  }
}
