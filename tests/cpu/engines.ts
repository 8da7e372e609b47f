/**
 * The engines that shared suites run on, behind one face.
 *
 * @module
 */
import { ReferenceEngine } from "../../cpu/engine/reference.ts";
import { InlineAccelerator } from "../../cpu/inline.ts";
import { layOutMemory, type MemoryLayout } from "../../cpu/engine/layout.ts";
import type { ProbedMachine } from "../../cpu/mmu/probe.ts";
import { PVR } from "../../cpu/accelerator.ts";
import { Registers } from "../../cpu/registers.ts";
import { ForcedJit } from "./forced_jit.ts";
import type { StateName } from "../../cpu/state.ts";

/** One vCPU with RAM, whatever runs it. */
export interface TestEngine {
  /** A register, zero-extended. */
  get(name: StateName, index?: number): bigint;
  set(name: StateName, value: bigint, index?: number): void;
  /** Where it is, for what looks at it from outside. */
  readonly place: ProbedMachine;
  /** RAM from real address 0. */
  readonly ram: Uint8Array;
  /** The hash table's doublewords; empty where there is none. */
  readonly hashTable: BigUint64Array;
  /**
   * Runs until the vCPU leaves or `instructions` are done. Gives the reason:
   * "budget", "attn", "hypercall", "mmio", "halt" …
   */
  run(instructions: number): string;
  /** Forgets what is cached of RAM, registers and tables set from outside. */
  refresh(): void;
  save(): Uint8Array;
  restore(saved: Uint8Array): void;
}

/** What a test wants. */
export interface TestEngineOptions {
  /** A multiple of 64 KiB; default 1 MiB. */
  readonly ramBytes?: number;
  /** 0 (default) or a power of two from 256 KiB. */
  readonly hashTableBytes?: number;
  /** Decoded pages that an engine keeps at most; default as in a machine. */
  readonly decodedPages?: number;
  /** Instructions of a region at most, where a JIT is forced to make them. */
  readonly longestRegion?: number;
  /** Default: power9. */
  readonly cpu?: "power8" | "power9";
}

/** An engine by name. */
export interface EngineUnderTest {
  readonly name: string;
  create(options?: TestEngineOptions): TestEngine;
}

interface Laid {
  readonly memory: WebAssembly.Memory;
  readonly layout: MemoryLayout;
  readonly registers: Registers;
  readonly ram: Uint8Array;
  readonly hashTable: BigUint64Array;
  readonly place: ProbedMachine;
}

function layOut(
  { ramBytes = 1 << 20, hashTableBytes = 0, decodedPages }: TestEngineOptions,
) {
  const layout = layOutMemory({
    ramBytes,
    vcpus: 1,
    hashTableBytes,
    sharedBytes: 0,
    ...decodedPages !== undefined && { decodedPages },
  });
  const memory = new WebAssembly.Memory({
    initial: layout.pages,
    maximum: layout.pages,
    shared: true,
  });
  const stateOffset = layout.vcpus[0]?.state ?? 0;
  return {
    memory,
    layout,
    place: {
      memory,
      stateOffset,
      ramOffset: layout.ram,
      ramBytes: layout.ramBytes,
      hashTable: { offset: layout.hashTable, bytes: layout.hashTableBytes },
    },
    registers: new Registers(memory, stateOffset),
    ram: new Uint8Array(memory.buffer, layout.ram, ramBytes),
    hashTable: new BigUint64Array(
      memory.buffer,
      layout.hashTable,
      hashTableBytes / 8,
    ),
  } satisfies Laid;
}

/** Exits that the accelerators know under another name. */
const EXIT_NAMES: Readonly<Record<string, string>> = {
  mmioLoad: "mmio",
  mmioStore: "mmio",
  wait: "halt",
  stop: "halt",
};

/** The BigInt engine. */
const REFERENCE: EngineUnderTest = {
  name: "reference",
  create(options = {}) {
    const { registers, ram, hashTable, place } = layOut(options);
    const { cpu = "power9" } = options;
    const version = cpu === "power8" ? "2.07" : "3.0";
    const engine = new ReferenceEngine({ ...place, version });
    registers.set("PVR", BigInt(PVR[cpu]));
    registers.set("RESERVE_ADDRESS", ~0n);
    return {
      place,
      ram,
      hashTable,
      get: (name, index) => registers.get(name, index),
      set: (name, value, index) => registers.set(name, value, index),
      refresh() {},
      run(instructions) {
        const reason = engine.run(instructions);
        return EXIT_NAMES[reason] ?? reason;
      },
      save: () => engine.save(),
      restore: (saved) => engine.restore(saved),
    };
  },
};

/** An accelerator's vCPU, by what runs it. */
function accelerated(
  name: string,
  { engine, exact = false, jitThreshold = 1 }: {
    engine: "interpreter" | "jit";
    exact?: boolean;
    jitThreshold?: number;
  },
): EngineUnderTest {
  return {
    name,
    create(options = {}) {
      const { memory, layout, registers, ram, hashTable, place } = layOut(
        options,
      );
      const accelerator: InlineAccelerator = new InlineAccelerator({
        cpu: options.cpu ?? "power9",
        memory,
        layout,
        engine,
        jitThreshold,
        timebase: (): number => accelerator.instructions(0),
      });
      registers.set("LPCR", 0n);
      return {
        place,
        ram,
        hashTable,
        get: (name, index) => registers.get(name, index),
        set: (name, value, index) => registers.set(name, value, index),
        refresh() {
          accelerator.dropTranslations(0);
          accelerator.ramWritten(0, layout.ramBytes);
        },
        run: (instructions) =>
          (exact
            ? accelerator.step(0, instructions)
            : accelerator.run(0, instructions)).reason,
        save: () => accelerator.save(0),
        restore: (saved) => accelerator.restore(0, saved),
      };
    },
  };
}

/** The WebAssembly interpreter; every instruction counts in its budget. */
const INTERPRETER = accelerated("interpreter", {
  engine: "interpreter",
  exact: true,
});

/** Regions of nothing but what is to run. */
const JIT: EngineUnderTest = {
  name: "jit",
  create(options = {}) {
    const { memory, layout, registers, ram, hashTable, place } = layOut(
      options,
    );
    const { cpu = "power9", longestRegion: longest } = options;
    const jit = new ForcedJit({ cpu, memory, layout, longest });
    registers.set("LPCR", 0n);
    return {
      place,
      ram,
      hashTable,
      get: (name, index) => registers.get(name, index),
      set: (name, value, index) => registers.set(name, value, index),
      refresh: () => jit.refresh(),
      run(instructions) {
        const reason = jit.run(instructions);
        if (reason === "timer" || reason === "mode") return "budget";
        return EXIT_NAMES[reason] ?? reason;
      },
      save: () => jit.save(),
      restore: (saved) => jit.restore(saved),
    };
  },
};

/** Every engine; a new one is one more entry. */
export const ENGINES: readonly EngineUnderTest[] = [
  REFERENCE,
  INTERPRETER,
  JIT,
];

/**
 * Engines as machines run them: the budget is looked at now and then only. For
 * programs that leave by themselves.
 */
export const FREE_ENGINES: readonly EngineUnderTest[] = [
  accelerated("running interpreter", { engine: "interpreter" }),
  accelerated("running jit", { engine: "jit" }),
  // What begins is compiled before, whether it is hot or not.
  accelerated("jit ahead", { engine: "jit", jitThreshold: 0 }),
];
