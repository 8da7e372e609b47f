/**
 * The machine as virtio devices see it.
 *
 * @module
 */
import { MSR } from "../../cpu/state.ts";
import type {
  ByteOrder,
  GuestMemory,
  GuestOrderEvidence,
  VirtioEvent,
  VirtioWorld,
} from "../../virtio/world.ts";
import { TIMEBASE_FREQUENCY } from "../clock.ts";
import type { LpcrControl } from "../lpcr/control.ts";
import type { Partition } from "../partition.ts";
import type { HostBridge } from "../pci/host_bridge.ts";
import type { WorkQueue } from "../work_queue.ts";

/** Who asks for a vCPU's registers on behalf of virtio devices, and for which. */
const ASKER = {
  lpcr: "virtio device: LPCR",
  msr: "virtio device: MSR",
} as const;

const NANOSECONDS_PER_TICK = 1e9 / TIMEBASE_FREQUENCY;

/** Parts of the machine that virtio needs. */
export interface VirtioPartition extends
  Pick<
    Partition,
    "accelerator" | "clock" | "emit" | "listens" | "synchronised"
  > {
  readonly lpcr: Pick<LpcrControl, "isLittleEndian">;
  readonly pci: HostBridge;
  readonly work: WorkQueue;
}

/** What a partition is to the devices on its PCI bus. */
export class PartitionWorld implements VirtioWorld {
  /** POWER starts big-endian, and so does every thread of a partition. */
  readonly targetOrder = "big";
  readonly #partition: VirtioPartition;
  readonly #direct: GuestMemory;
  readonly #translated: GuestMemory;

  constructor(partition: VirtioPartition) {
    this.#partition = partition;
    this.#direct = partition.pci.memory({ translated: false });
    this.#translated = partition.pci.memory({ translated: true });
  }

  memory(platformTranslates: boolean): GuestMemory {
    return platformTranslates ? this.#translated : this.#direct;
  }

  get actor(): number | undefined {
    return this.#partition.pci.accessor;
  }

  guestOrder(
    { running = false }: { running?: boolean } = {},
  ): GuestOrderEvidence | undefined {
    const vcpu = this.actor;
    if (vcpu === undefined) return undefined;
    const little = this.#partition.lpcr.isLittleEndian(vcpu, ASKER.lpcr);
    return {
      vcpu,
      interrupts: little ? "little" : "big",
      ...running && { running: this.#running(vcpu) },
    };
  }

  /** The order that a vCPU runs in, which only its accelerator knows. */
  #running(vcpu: number): ByteOrder {
    const { accelerator } = this.#partition;
    this.#partition.synchronised(vcpu, ASKER.msr);
    const msr = accelerator.getOneReg(vcpu, "MSR");
    return (msr & MSR.LE) === 0n ? "big" : "little";
  }

  emit({ name, device, queue, data }: VirtioEvent): void {
    // Fields that do not apply are left out, rather than undefined.
    const known = Object.entries(data).filter(([, value]) =>
      value !== undefined
    );
    this.#partition.emit({
      name,
      data: {
        device,
        ...queue !== undefined && { queue },
        ...Object.fromEntries(known),
      },
    });
  }

  listens(name: VirtioEvent["name"]): boolean {
    return this.#partition.listens(name);
  }

  defer(work: () => void): void {
    this.#partition.work.defer(work);
  }

  later(nanoseconds: number, work: () => void): void {
    const { clock } = this.#partition;
    const ticks = Math.ceil(nanoseconds / NANOSECONDS_PER_TICK);
    this.#partition.work.at(clock.now() + ticks, work);
  }

  now(): number {
    return Math.floor(this.#partition.clock.now() * NANOSECONDS_PER_TICK);
  }
}
