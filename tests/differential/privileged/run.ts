/**
 * QEMU's pseries machine and ours, as what runs images.
 *
 * @module
 */
import type { EngineKind } from "../../../cpu/accelerator.ts";
import { Machine } from "../../../machine/machine.ts";
import type { Qemu } from "../../../bench/qemu.ts";
import { writeElf } from "../elf.ts";
import { buildImage, ENTRY } from "./image.ts";
import { RECORD_BYTES, type Translation } from "./layout.ts";

/** Both are this large. */
const MEMORY_BYTES = 1 << 30;
/** After so many seconds a machine does not come back. */
const PATIENCE_SECONDS = 30;
/** Most instructions of ours for a case, all of the harness's included. */
const MOST_INSTRUCTIONS = 1 << 16;

/** Carries cases out; gives a record of each, fewer where one does not end. */
export type Runner = (
  translation: Translation,
  cases: readonly Uint8Array[],
) => Promise<readonly Uint8Array[]>;

function records(bytes: Uint8Array): Uint8Array[] {
  return Array.from(
    { length: Math.floor(bytes.length / RECORD_BYTES) },
    (_, i) => bytes.slice(i * RECORD_BYTES, (i + 1) * RECORD_BYTES),
  );
}

/** Runs cases on QEMU. */
export function onQemu({ program, data, env }: Omit<Qemu, "version">): Runner {
  return async (translation, cases) => {
    const file = await Deno.makeTempFile({ prefix: "janus-privileged-" });
    try {
      await Deno.writeFile(file, buildImage(translation, cases));
      const options = "-M pseries,cap-cfpc=broken,cap-sbbc=broken," +
        "cap-ibs=broken,cap-ccf-assist=off -cpu power9 " +
        `-m ${MEMORY_BYTES >> 20}M -nodefaults -display none -monitor none ` +
        "-serial stdio";
      const child = new Deno.Command(program, {
        args: [
          ...options.split(" "),
          ...data === undefined ? [] : ["-L", data],
          "-bios",
          file,
        ],
        ...env && { env },
        stdin: "null",
        stdout: "piped",
        stderr: "null",
      }).spawn();
      const timer = setTimeout(() => child.kill(), PATIENCE_SECONDS * 1000);
      const output = new Uint8Array(cases.length * RECORD_BYTES);
      let at = 0;
      for await (const chunk of child.stdout) {
        output.set(chunk.subarray(0, output.length - at), at);
        at = Math.min(output.length, at + chunk.length);
        if (at === output.length) break;
      }
      clearTimeout(timer);
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended already.
      }
      await child.status;
      return records(output.subarray(0, at));
    } finally {
      await Deno.remove(file);
    }
  };
}

/** Runs cases on our machine. */
export function onOurs(
  { engine = "interpreter", alter = (image) => image }: {
    readonly engine?: EngineKind;
    /** What is done to images before, to see that mistakes are found. */
    readonly alter?: (image: Uint8Array) => Uint8Array;
  } = {},
): Runner {
  return (translation, cases) => {
    const image = alter(buildImage(translation, cases));
    const output = new Uint8Array(cases.length * RECORD_BYTES);
    let at = 0;
    const machine = new Machine({
      cpu: "power9",
      mmu: translation === "radix" ? "radix" : "hash",
      interruptController: "xics",
      memoryBytes: MEMORY_BYTES,
      vcpus: 1,
      kernel: writeElf({
        entry: ENTRY,
        littleEndian: false,
        segments: [{ address: 0, content: image, access: "rwx" }],
      }),
      bootargs: "",
      clock: "instructions",
      engine,
      // Programs are too short to become hot.
      jitThreshold: 0,
    }, {
      console(bytes) {
        output.set(bytes.subarray(0, output.length - at), at);
        at = Math.min(output.length, at + bytes.length);
      },
      event() {},
      listens: () => false,
    });
    machine.start();
    while (at < output.length && machine.status === "running") {
      const before = at;
      const limit = machine.instructions() + 2 * MOST_INSTRUCTIONS;
      while (at === before && machine.status === "running") {
        machine.slice();
        if (machine.instructions() > limit) break;
      }
      if (at === before) break;
    }
    machine.close();
    return Promise.resolve(records(output.subarray(0, at)));
  };
}
