import { createRandom } from "../device_tree/support.ts";
import type { TreeOptions } from "../../../machine/boot/tree_options.ts";

export { createRandom };

/** The folder of ready guests: JANUS_GUESTS, or one beside the project. */
export const GUESTS = Deno.env.get("JANUS_GUESTS") ??
  new URL("../../../../shared/guests", import.meta.url).pathname;

/** Reads a guest's file, unpacked if its name ends in .xz. */
export function readGuest(name: string): Uint8Array {
  const path = `${GUESTS}/${name}`;
  if (!name.endsWith(".xz")) return Deno.readFileSync(path);
  const { success, stdout } = new Deno.Command("xz", {
    args: ["-dc", path],
    stdout: "piped",
  }).outputSync();
  if (!success) throw new Error(`Cannot unpack guest: ${path}`);
  return stdout;
}

/** Whether a guest's file is there. */
export function hasGuest(name: string): boolean {
  try {
    return Deno.statSync(`${GUESTS}/${name}`).isFile && hasProgram("xz");
  } catch {
    return false;
  }
}

/** Whether a program is installed and may be run. */
export function hasProgram(name: string): boolean {
  try {
    return new Deno.Command(name, { args: ["--version"] }).outputSync().success;
  } catch {
    return false;
  }
}

/**
 * Declares a test that needs something from outside; without it, its name says
 * loudly that it was skipped, and why.
 */
export function testWith(
  name: string,
  { needs, fn }: {
    needs: Readonly<Record<string, boolean>>;
    fn: () => void | Promise<void>;
  },
): void {
  const missing = Object.keys(needs).filter((need) => !needs[need]);
  if (missing.length === 0) {
    Deno.test(name, fn);
  } else {
    Deno.test({
      name: `${name} [SKIPPED, THERE IS NO ${missing.join(", NO ")}]`,
      ignore: true,
      fn,
    });
  }
}

/** The combinations of processor, translation and interrupt controller. */
export const COMBINATIONS = [
  { cpu: "power8", mmu: "hash", interruptController: "xics" },
  { cpu: "power9", mmu: "hash", interruptController: "xics" },
  { cpu: "power9", mmu: "hash", interruptController: "xive" },
  { cpu: "power9", mmu: "radix", interruptController: "xics" },
  { cpu: "power9", mmu: "radix", interruptController: "xive" },
] as const;

/** One of {@linkcode COMBINATIONS}. */
export type Combination = typeof COMBINATIONS[number];

/** A combination in words, for a test's name. */
export function describe(combination: Combination): string {
  const { cpu, mmu, interruptController } = combination;
  return `${cpu.toUpperCase()} ${mmu} ${interruptController.toUpperCase()}`;
}

/** A partition with all that the tree can announce, in QEMU's numbers. */
export function sampleTreeOptions(
  combination: Combination = COMBINATIONS[4],
): TreeOptions {
  const { cpu, mmu, interruptController } = combination;
  return {
    cpu,
    mmu,
    interruptController,
    memoryBytes: 0x4000_0000,
    vcpus: 1,
    timebaseFrequency: 512_000_000,
    clockFrequency: 1_000_000_000,
    ...(mmu === "hash" && { htabShift: 23 }),
    largestHashPageShift: 24,
    ...(cpu === "power9" && { decrementerBits: 56 }),
    bootargs: "console=hvc0",
    initrd: { start: 0x200_0000, end: 0x212_3456 },
    rtas: { base: 0x1ff_0000, entry: 0x1ff_0000, size: 0x1000 },
    rtasTokens: new Map([
      ["display-character", 0x2000],
      ["get-time-of-day", 0x2001],
      ["set-time-of-day", 0x2002],
      ["power-off", 0x2003],
      ["system-reboot", 0x2004],
      ...(interruptController === "xics"
        ? [
          ["ibm,set-xive", 0x200a],
          ["ibm,get-xive", 0x200b],
          ["ibm,int-off", 0x200c],
          ["ibm,int-on", 0x200d],
        ] as const
        : []),
      ["check-exception", 0x200e],
      ["event-scan", 0x200f],
      ["nvram-fetch", 0x2012],
      ["nvram-store", 0x2013],
      ["ibm,os-term", 0x201f],
    ]),
    hypertasFunctions: ["hcall-pft", "hcall-term", "hcall-set-mode"],
    rngSeed: Uint8Array.from({ length: 32 }, (_, index) => index * 7),
    console: { unit: 0x7100_0000, interrupt: 0x1100 },
    nvram: { unit: 0x7100_0001, interrupt: 0x1101, bytes: 0x1_0000 },
    eventSources: { epow: 0x1000 },
    ...(interruptController === "xive" && {
      xive: {
        lisnRanges: [[0, 1]] as const,
        timaUserAddress: 0x6_0302_031b_0000,
        timaOsAddress: 0x6_0302_031a_0000,
        timaPageBytes: 0x1_0000,
        queueShifts: [16],
        reservedPriorities: [7, 0xf8] as const,
      },
    }),
  };
}
