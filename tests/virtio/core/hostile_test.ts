import assert from "node:assert/strict";
import { hostileCase, type Outcome } from "./hostile.ts";

/** Seeds that once found something. */
const FOUND: readonly number[] = [];

Deno.test("hostileCase() finds no device that a driver can harm, 20,000 seeds", () => {
  const outcomes: Record<Outcome, number> = { served: 0, broken: 0, quiet: 0 };
  for (let seed = 0; seed < 20_000; seed++) {
    try {
      outcomes[hostileCase(seed)]++;
    } catch (error) {
      throw new Error(`Seed ${seed} found something`, { cause: error });
    }
  }
  // The cases are worth something only if devices get somewhere with them.
  assert.ok(outcomes.served > 2000, JSON.stringify(outcomes));
  assert.ok(outcomes.broken > 5000, JSON.stringify(outcomes));
});

for (const seed of FOUND) {
  Deno.test(`hostileCase() finds nothing with seed ${seed} any more`, () => {
    hostileCase(seed);
  });
}
