/** Numbers of 32 bits that look random and are the same for a seed. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    // Mulberry32.
    state = state + 0x6d2b79f5 >>> 0;
    let value = Math.imul(state ^ state >>> 15, state | 1);
    value ^= value + Math.imul(value ^ value >>> 7, value | 61);
    return (value ^ value >>> 14) >>> 0;
  };
}
