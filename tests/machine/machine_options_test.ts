import assert from "node:assert/strict";
import {
  checkMachineOptions,
  type MachineOptions,
} from "../../machine/machine_options.ts";

const MEBIBYTE = 2 ** 20;

const GOOD: MachineOptions = {
  cpu: "power9",
  mmu: "radix",
  interruptController: "xive",
  memoryBytes: 512 * MEBIBYTE,
  vcpus: 1,
  kernel: Uint8Array.of(),
  bootargs: "",
  clock: "host",
};

Deno.test("checkMachineOptions() accepts what a POWER9 and a POWER8 can be", () => {
  checkMachineOptions(GOOD);
  checkMachineOptions({ ...GOOD, mmu: "hash", interruptController: "xics" });
  checkMachineOptions({ ...GOOD, memoryBytes: 256 * MEBIBYTE });
  checkMachineOptions({ ...GOOD, memoryBytes: 3072 * MEBIBYTE });
  checkMachineOptions({
    ...GOOD,
    cpu: "power8",
    mmu: "hash",
    interruptController: "xics",
  });
});

const BAD: readonly (readonly [Partial<MachineOptions>, string])[] = [
  [{ cpu: "power8", interruptController: "xics" }, "POWER8 has no radix MMU"],
  [{ cpu: "power8", mmu: "hash" }, "POWER8 has no XIVE"],
  [
    { memoryBytes: 240 * MEBIBYTE },
    `memory must be from 256M to 3G: ${240 * MEBIBYTE}`,
  ],
  [
    { memoryBytes: 3088 * MEBIBYTE },
    `memory must be from 256M to 3G: ${3088 * MEBIBYTE}`,
  ],
  [{ memoryBytes: NaN }, "memory must be from 256M to 3G: NaN"],
  [
    { memoryBytes: 257 * MEBIBYTE },
    `memory must be a multiple of 16M: ${257 * MEBIBYTE}`,
  ],
  [
    { engine: "qemu" as "jit" },
    "engine must be interpreter or jit or both: qemu",
  ],
  [
    { engine: "both", accelerator: "threads" },
    "accelerator threads cannot have both engines, which run in step: use inline",
  ],
  [{ vcpus: 0 }, "number of vCPUs must be from 1 to 8: 0"],
  [{ vcpus: 1.5 }, "number of vCPUs must be from 1 to 8: 1.5"],
];

for (const [change, reason] of BAD) {
  Deno.test(`checkMachineOptions() says that ${reason}`, () => {
    assert.throws(() => checkMachineOptions({ ...GOOD, ...change }), {
      name: "RangeError",
      message: `Cannot make machine: ${reason}`,
    });
  });
}
