import assert from "node:assert/strict";
import { MachineThread } from "../../../emulator/machine_thread.ts";
import { callMachine } from "../../../monitor/call.ts";
import { METHODS } from "../../../monitor/methods/mod.ts";
import { programImage } from "./_machine.ts";

const MAX_MILLISECONDS = 50;
const CALLS = 20;

/** Methods that only look. */
const QUERIES = METHODS.filter((row) =>
  row.home === "machine" &&
  (row.name.startsWith("query-") || row.name === "memory-read" ||
    row.name === "translate" || row.name === "disassemble")
);

Deno.test("a guest that is busy answers every question within 50 ms", async () => {
  await using thread = await MachineThread.start({
    machine: {
      cpu: "power9",
      mmu: "radix",
      interruptController: "xive",
      memoryBytes: 256 * 2 ** 20,
      vcpus: 1,
      kernel: programImage({
        0: [
          0x38600000, // li r3,0
          0x38630001, // addi r3,r3,1
          0x90601000, // stw r3,0x1000(0)
          0x4bfffff8, // b 4
        ],
      }),
      bootargs: "",
      clock: "host",
    },
    onConsole: (_, written) => written(),
  });
  await callMachine(thread, "cont");
  for (const { name, example: { params } } of QUERIES) {
    const times: number[] = [];
    for (let i = 0; i < CALLS; i++) {
      const start = performance.now();
      await callMachine(thread, name, {
        params: name === "disassemble" || name === "translate"
          ? {
            ...params,
            address: "0x0",
          }
          : params,
      });
      times.push(performance.now() - start);
    }
    // The host may be busy with something else for once.
    const [, second = 0] = times.toSorted((a, b) => b - a);
    assert.ok(second < MAX_MILLISECONDS, `${name}: ${second} ms`);
  }
  const { gpr } = await callMachine(thread, "query-registers");
  assert.ok(BigInt(gpr[3]!) > 1000n, "it was busy indeed");
});
