import { ok } from "node:assert/strict";
import { prepareDirectEntry } from "../../../machine/boot/direct_entry.ts";
import { parseElf } from "../../../machine/boot/elf.ts";
import { QEMU, readUntil, startQemu } from "./qemu.ts";
import {
  type Combination,
  COMBINATIONS,
  describe,
  hasGuest,
  hasProgram,
  readGuest,
  sampleTreeOptions,
  testWith,
} from "./support.ts";

const MEMORY_BYTES = 0x1000_0000;
/** Above QEMU's firmware, which lies at 0 and is here just a jump. */
const LOAD_ADDRESS = 0x40_0000;
const SET_MODE_AND_TERMINAL = ["hcall-pft", "hcall-term", "hcall-set-mode"];

/** Memory as direct entry prepares it, and firmware that enters it. */
function prepare(directory: string, combination: Combination) {
  const ram = new Uint8Array(MEMORY_BYTES);
  const { initrd: _initrd, rtas: _rtas, memoryBytes: _memoryBytes, ...tree } =
    sampleTreeOptions(combination);
  const { entry, gpr, kernel, layout } = prepareDirectEntry({
    kernel: parseElf(readGuest(`${directory}/vmlinux.xz`)),
    initrd: readGuest(`${directory}/shell.cpio.gz`),
    ram,
    loadAddress: LOAD_ADDRESS,
    tree: {
      ...tree,
      hypertasFunctions: SET_MODE_AND_TERMINAL,
      // QEMU's own hash table: a 128th of memory.
      ...(combination.mmu === "hash" && { htabShift: 21 }),
    },
  });
  const instructions = [
    ...[3, 4, 5].flatMap((register) => {
      const value = Number(gpr.get(register)!);
      return [
        0x3c00_0000 | register << 21 | value >>> 16, // lis register,value@h
        0x6000_0000 | register * 0x21_0000 | value & 0xffff, // ori …,value@l
      ];
    }),
    0x3d80_0000 | entry >>> 16, // lis r12,entry@h
    0x7d89_03a6, // mtctr r12
    0x4e80_0420, // bctr
  ];
  const firmware = new Uint8Array(0x100 + instructions.length * 4);
  const view = new DataView(firmware.buffer);
  instructions.forEach((word, i) => view.setUint32(0x100 + i * 4, word >>> 0));
  const memory = ram.subarray(kernel.start, layout.initrd!.end);
  return { firmware, memory };
}

const RUNS = [
  ...COMBINATIONS.map((combination) => ({ combination, directory: "le" })),
  { combination: COMBINATIONS[0], directory: "be" },
  { combination: COMBINATIONS[3], directory: "be" },
];

for (const { combination, directory } of RUNS) {
  const guest = `${directory}/vmlinux.xz`;
  const name = `QEMU boots Linux (${directory}) with our tree for ${
    describe(combination)
  }`;
  testWith(name, {
    needs: {
      [QEMU]: hasProgram(QEMU),
      [`GUEST ${guest}`]: hasGuest(guest),
    },
    async fn() {
      const directoryPath = Deno.makeTempDirSync();
      try {
        const { firmware, memory } = prepare(directory, combination);
        Deno.writeFileSync(`${directoryPath}/firmware`, firmware);
        Deno.writeFileSync(`${directoryPath}/memory`, memory);
        const process = startQemu({
          ...combination,
          memoryBytes: MEMORY_BYTES,
          args: [
            ...["-serial", "stdio", "-bios", `${directoryPath}/firmware`],
            "-device",
            `loader,file=${directoryPath}/memory,addr=${LOAD_ADDRESS},force-raw=on`,
          ],
        });
        const output = await readUntil(process, {
          text: "MMU\t\t: ",
          seconds: 60,
        });
        const tail = output.slice(-2000);
        ok(output.includes("READY-MARK"), tail);
        ok(output.includes("(emulated by Janus)"), tail);
        // Without negotiation QEMU does not answer XIVE's hypercalls.
        const xive = combination.interruptController === "xive";
        ok(xive || !output.includes("WARNING: CPU"), tail);
        const radix = output.includes("Using radix MMU under hypervisor");
        ok(radix === (combination.mmu === "radix"), tail);
      } finally {
        Deno.removeSync(directoryPath, { recursive: true });
      }
    },
  });
}
