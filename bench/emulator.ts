/**
 * Command lines of emulators for the same guest: ours and QEMU's.
 *
 * @module
 */
import type { EngineKind } from "../cpu/accelerator.ts";
import config from "../deno.json" with { type: "json" };
import type { BenchGuest } from "./guests.ts";
import type { Qemu } from "./qemu.ts";

/** Guest memory, in bytes and as both take it. */
export const MEMORY = { bytes: 2 ** 30, option: "1G" } as const;

/** An emulator's command line. */
export interface CommandLine {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** An emulator that is measured. */
export interface Emulator {
  readonly name: string;
  commandLine(guest: BenchGuest): CommandLine;
}

/** Ours, started as `deno task run` starts it. */
export function janus(engine?: EngineKind): Emulator {
  const [, ...flags] = config.tasks.run.command.split(" ");
  return {
    name: engine === undefined ? "Janus" : `Janus ${engine}`,
    commandLine: ({ kernel, initrd, append }) => ({
      program: Deno.execPath(),
      args: [
        ...flags,
        ...["--memory", MEMORY.option],
        ...engine === undefined ? [] : ["--engine", engine],
        ...["--kernel", kernel, "--initrd", initrd, "--append", append],
      ],
    }),
  };
}

/**
 * QEMU with its small firmware, which comes closest to our direct entry; the
 * capabilities silence warnings about what its emulation lacks.
 */
export function qemu({ program, data, env }: Qemu): Emulator {
  const machine = [
    "pseries",
    "x-vof=on",
    "cap-cfpc=broken",
    "cap-sbbc=broken",
    "cap-ibs=broken",
    "cap-ccf-assist=off",
  ];
  return {
    name: "QEMU",
    commandLine: ({ kernel, initrd, append }) => ({
      program,
      args: [
        ...data === undefined ? [] : ["-L", data],
        "-nodefaults",
        ...["-M", machine.join(",")],
        ...["-cpu", "POWER9", "-smp", "1", "-m", MEMORY.option],
        ...["-nographic", "-serial", "stdio", "-monitor", "none"],
        ...["-kernel", kernel, "-initrd", initrd, "-append", append],
      ],
      ...env && { env },
    }),
  };
}
