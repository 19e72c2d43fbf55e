/** A number from 0 up to, but not including, 1. */
export type Random = () => number;

/**
 * Random numbers that the same seed repeats: mulberry32, good enough to draw examples, but not for secrets.
 * @param seed an integer; only its lowest 32 bits count
 */
export function seededRandom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
