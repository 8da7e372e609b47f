/**
 * The emulators that run the same guest from the same disk.
 *
 * @module
 */
import {
  type CommandLine,
  janus as janusBench,
  qemu as qemuBench,
} from "../bench/emulator.ts";
import type { Qemu } from "../bench/qemu.ts";
import type { EngineKind } from "../cpu/accelerator.ts";
import type { PreparedDiskGuest } from "../guests/mod.ts";

/** One that runs the guest. */
export interface Emulator {
  readonly name: string;
  /** Whether it is ours, so that it has our monitor. */
  readonly ours: boolean;
  /** Its command line; `monitor` is where ours is to listen. */
  commandLine(guest: PreparedDiskGuest, monitor: string): CommandLine;
}

/** Ours, started as `deno task run` starts it. */
export function janus(engine: EngineKind): Emulator {
  return {
    name: engine,
    ours: true,
    commandLine: (guest, monitor) =>
      withArgs(janusBench(engine).commandLine(guest), [
        ...["--drive", guest.disk],
        ...["--monitor", monitor],
      ]),
  };
}

/** QEMU, whose disk need not outlive the host. */
export function qemu(found: Qemu): Emulator {
  return {
    name: "qemu",
    ours: false,
    commandLine: (guest) =>
      withArgs(qemuBench(found).commandLine(guest), [
        "-drive",
        `file=${guest.disk},format=raw,if=virtio,cache=unsafe`,
      ]),
  };
}

function withArgs(line: CommandLine, args: readonly string[]): CommandLine {
  return { ...line, args: [...line.args, ...args] };
}
