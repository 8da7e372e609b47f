import assert from "node:assert/strict";
import { Pace } from "../../../cpu/inline/pace.ts";

const [SHORTEST, LONGEST] = [1 << 16, 1 << 18];

Deno.test("Pace.note() makes turns longer while they are quick, up to a limit", () => {
  const pace = new Pace();
  assert.equal(pace.budget, SHORTEST);
  pace.note(0.03);
  assert.equal(pace.budget, 2 * SHORTEST);
  for (let i = 0; i < 10; i++) pace.note(0.05);
  assert.equal(pace.budget, LONGEST);
});

Deno.test("Pace.note() makes turns shorter again where they are slow, down to a limit", () => {
  const pace = new Pace();
  for (let i = 0; i < 10; i++) pace.note(0.05);
  pace.note(0.15);
  assert.equal(pace.budget, LONGEST);
  pace.note(0.3);
  assert.equal(pace.budget, LONGEST / 2);
  for (let i = 0; i < 10; i++) pace.note(2);
  assert.equal(pace.budget, SHORTEST);
});
