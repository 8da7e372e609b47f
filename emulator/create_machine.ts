import type {
  AcceleratorKind,
  CpuModel,
  EngineKind,
} from "../cpu/accelerator.ts";
import { gunzip } from "../guests/compression.ts";
import type { ClockKind } from "../machine/clock.ts";
import { checkMachineOptions } from "../machine/machine_options.ts";
import type { Mistake } from "../machine/lpcr/mistakes.ts";
import type { LpcrOwner } from "../machine/lpcr/owner.ts";
import type { InterruptControllerKind, MmuKind } from "../machine/partition.ts";
import type {
  DeviceOptions,
  VirtioDefaults,
} from "../machine/virtio/options.ts";
import { ConsoleWatch } from "./console_watch.ts";
import { checkImages } from "./images.ts";
import { JanusMachine } from "./janus_machine.ts";
import { MachineThread } from "./machine_thread.ts";
import type { BareMachine, ImageBuffers } from "./messages.ts";
import { withNameserver } from "./nameserver.ts";

/** A kernel or initial ramdisk: the path of a file, or what is in one. */
export type ImageSource = string | URL | Uint8Array;

/** What {@linkcode createMachine} builds. */
export interface CreateMachineOptions {
  /** The kernel, an ELF file, also packed with gzip. */
  kernel: ImageSource;
  /** The initial ramdisk, handed over as it is. */
  initrd?: ImageSource | undefined;
  /** The kernel's command line; empty unless given. */
  append?: string | undefined;
  /** Processor; `"power9"` unless given. */
  cpu?: CpuModel | undefined;
  /** Translation; `"radix"` unless given, on POWER8 `"hash"`. */
  mmu?: MmuKind | undefined;
  /** Interrupt controller; `"xive"` unless given, on POWER8 `"xics"`. */
  interruptController?: InterruptControllerKind | undefined;
  /** Guest memory in bytes, 256 MiB to 3 GiB in units of 16 MiB; 512 MiB unless given. */
  memoryBytes?: number | undefined;
  /** Number of vCPUs, 1 to 8; 1 unless given. */
  vcpus?: number | undefined;
  /** What guest time follows; `"host"` unless given. */
  clock?: ClockKind | undefined;
  /**
   * Where vCPUs run: in turn, or each in a thread of its own; `"inline"` unless
   * there are several and guest time follows the host.
   */
  accelerator?: AcceleratorKind | undefined;
  /** What carries instructions out; `"jit"` unless given. */
  engine?: EngineKind | undefined;
  /** Who handles H_SET_MODE; `"machine"` unless given. */
  lpcrOwner?: LpcrOwner | undefined;
  /** What is done wrong on purpose, for teaching and tests. */
  mistakes?: readonly Mistake[] | undefined;
  /** Seconds since 1970 at which guest time begins; now unless given. */
  epoch?: number | undefined;
  /**
   * Virtio devices, in the order in which they come on the PCI bus. A network
   * wants `--allow-net`, and reading of `/etc/resolv.conf` for names.
   */
  devices?: readonly DeviceOptions[] | undefined;
  /** What holds for devices that do not choose for themselves. */
  virtio?: VirtioDefaults | undefined;
  /** Whether the guest waits for {@linkcode JanusMachine.start}. */
  startPaused?: boolean | undefined;
  /** Whether inputs are kept; see {@linkcode JanusMachine.recording}. */
  record?: boolean | undefined;
}

const MEBIBYTE = 2 ** 20;
const GZIP = [0x1f, 0x8b];
/**
 * Builds a machine and starts its guest.
 *
 * @example A test that boots a guest, asks the monitor and shuts down
 * ```ts
 * import { createMachine } from "@janus/janus";
 * import { labGuest } from "@janus/janus/guests";
 * import assert from "node:assert/strict";
 *
 * Deno.test("the lab boots", async () => {
 *   await using machine = await createMachine(labGuest());
 *   await machine.waitForConsole("LAB DONE:", { timeout: 30_000 });
 *   const { reason } = await machine.waitForEnd();
 *   assert.equal(reason, "power-off");
 *   assert.equal((await machine.call("query-status")).status, "shutdown");
 * });
 * ```
 *
 * @param options What to build.
 * @returns The machine, whose guest runs unless it was to be paused.
 * @throws {SyntaxError} If the kernel is not an ELF file.
 * @throws {TypeError} If it is one for another machine.
 * @throws {RangeError} If options do not go together, or memory is too small.
 * @throws {ForwardError} If a port of the host cannot be had.
 * @throws {MachineFaultError} If a device cannot be made.
 */
export async function createMachine(
  options: CreateMachineOptions,
): Promise<JanusMachine> {
  const machine = bareMachine(options);
  const images: ImageBuffers = {
    kernel: await unpack(await read(options.kernel)),
    ...options.initrd && { initrd: await read(options.initrd) },
  };
  checkImages({
    kernel: new Uint8Array(images.kernel),
    ...images.initrd && { initrd: new Uint8Array(images.initrd) },
  }, machine.memoryBytes);
  const console = new ConsoleWatch();
  const thread = await MachineThread.start({
    machine,
    images,
    record: options.record ?? false,
    onConsole(bytes, written) {
      console.add(bytes);
      written();
    },
  });
  const janus = new JanusMachine(thread, console);
  if (!options.startPaused) await janus.start();
  return janus;
}

function bareMachine(options: CreateMachineOptions): BareMachine {
  const { cpu = "power9", memoryBytes = 512 * MEBIBYTE } = options;
  const { accelerator, engine, epoch, lpcrOwner, mistakes } = options;
  const { devices, virtio } = options;
  const power8 = cpu === "power8";
  const {
    mmu = power8 ? "hash" : "radix",
    interruptController = power8 ? "xics" : "xive",
    clock = "host",
    append = "",
    vcpus = 1,
  } = options;
  const machine: BareMachine = {
    cpu,
    mmu,
    interruptController,
    memoryBytes,
    vcpus,
    clock,
    bootargs: append,
    ...engine !== undefined && { engine },
    ...accelerator !== undefined && { accelerator },
    ...epoch !== undefined && { epoch },
    ...lpcrOwner !== undefined && { lpcrOwner },
    ...mistakes !== undefined && { mistakes },
    ...devices && {
      devices: devices.map((device) =>
        device.kind === "net" ? withNameserver(device) : device
      ),
    },
    ...virtio && { virtio },
  };
  checkMachineOptions(machine);
  return machine;
}

/** Reads a source into a buffer of its own, which may be given away. */
async function read(source: ImageSource): Promise<ArrayBuffer> {
  if (source instanceof Uint8Array) return new Uint8Array(source).buffer;
  return (await Deno.readFile(source)).buffer;
}

async function unpack(buffer: ArrayBuffer): Promise<ArrayBuffer> {
  const bytes = new Uint8Array(buffer);
  const packed = GZIP.every((byte, at) => bytes[at] === byte);
  return packed ? (await gunzip(bytes)).buffer : buffer;
}
