import assert from "node:assert/strict";
import { createMachine, METHODS } from "../../../mod.ts";
import type { MachineMethodName } from "../../../monitor/methods/mod.ts";
import { timesOf } from "../../processor_time.ts";
import { programImage } from "./_machine.ts";

const MAX_MILLISECONDS = 50;
const CALLS = 20;

/** Methods that only look, with parameters that this guest can answer. */
const QUESTIONS: readonly (readonly [MachineMethodName, object])[] = METHODS
  .filter(({ name, example }) =>
    name.startsWith("query-") && !("device" in example.params)
  )
  .map(({ name, example }) => [name as MachineMethodName, example.params]);

const AT_ENTRY = { address: "0x0" };

Deno.test("a guest that is busy answers every question within 50 ms", async () => {
  await using machine = await createMachine({
    kernel: programImage({
      0: [
        0x38600000, // li r3,0
        0x38630001, // addi r3,r3,1
        0x90601000, // stw r3,0x1000(0)
        0x4bfffff8, // b 4
      ],
    }),
    memoryBytes: 256 * 2 ** 20,
  });
  for (
    const [name, params] of [
      ...QUESTIONS,
      ["disassemble", AT_ENTRY],
      ["translate", AT_ENTRY],
      ["memory-read", { ...AT_ENTRY, length: 65_536 }],
    ] as const
  ) {
    const { elapsed, processor } = await timesOf(
      CALLS,
      () => machine.call(name, params as never),
    );
    // The guest never sleeps, so that all that it does before it answers is
    // processor time; and once at least nobody else has the processors.
    const [least = NaN] = elapsed;
    const most = processor.at(-2) ?? NaN;
    assert.ok(most < MAX_MILLISECONDS, `${name}: ${most} ms of processors`);
    assert.ok(least < MAX_MILLISECONDS, `${name}: ${least} ms`);
  }
  const { gpr } = await machine.call("query-registers");
  assert.ok(BigInt(gpr[3]!) > 1000n, "it was busy indeed");
});
