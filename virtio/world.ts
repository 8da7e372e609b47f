/**
 * What virtio needs of the world around it. The machine fills these small
 * interfaces; nothing here knows of processors or partitions.
 *
 * @module
 */

/** Byte orders that a device can be in. */
export type ByteOrder = "big" | "little";

/**
 * Guest memory as a device's DMA reaches it. Addresses are DMA addresses, at
 * most 2^53 - 1: there is nothing above, so a DMA window must not lie there.
 */
export interface GuestMemory {
  /**
   * Bytes at an address, shared with the guest, for reading (`"device-reads"`)
   * or writing. Throws RangeError where a byte of the range is not there, or
   * not for this access.
   */
  view(
    address: number,
    bytes: number,
    access: "device-reads" | "device-writes",
  ): Uint8Array;
  /** Must be called after writing through a view. */
  written(address: number, bytes: number): void;
  /**
   * How many of the bytes at an address, 1 or more, one view can give, where
   * that is not all of them: translated pages need not be neighbours. Throws
   * RangeError where the first byte is not there. Absent where every range
   * that is there can be had in one view.
   */
  span?(
    address: number,
    bytes: number,
    access: "device-reads" | "device-writes",
  ): number;
}

/** What the guest's processor that is acting on a device just now looks like. */
export interface GuestOrderEvidence {
  readonly vcpu: number;
  /** LPCR[ILE]: the order in which interrupts are taken. */
  readonly interrupts: ByteOrder;
  /** MSR[LE]: the order in which the processor runs, where it was asked for. */
  readonly running?: ByteOrder;
}

/** Something that happened to a device, for those who subscribe. */
export interface VirtioEvent {
  readonly name:
    | "VIRTIO_RESET"
    | "VIRTIO_STATUS"
    | "VIRTIO_BYTE_ORDER"
    | "VIRTIO_NOTIFY"
    | "VIRTIO_USED"
    | "VIRTIO_BROKEN";
  /** Name of the device, as in the monitor. */
  readonly device: string;
  readonly queue?: number;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The machine as a virtio device sees it. */
export interface VirtioWorld {
  /** Memory by the addresses that the guest's rings hold. */
  memory(platformTranslates: boolean): GuestMemory;
  /**
   * The vCPU that is accessing the device now; undefined where nobody in the
   * guest is (a reset from outside, a backend's completion).
   */
  readonly actor: number | undefined;
  /** What that vCPU looks like, which may cost it a stop. */
  guestOrder(wanted?: { running?: boolean }): GuestOrderEvidence | undefined;
  /** The order that the processor has without anybody having chosen one. */
  readonly targetOrder: ByteOrder;
  emit(event: VirtioEvent): void;
  /** Whether anybody listens to events of the name. */
  listens(name: VirtioEvent["name"]): boolean;
  /** Runs the function on the machine's thread, soon and outside any access. */
  defer(work: () => void): void;
  /** As `defer`, after that much virtual time. Absent where there is no clock. */
  later?(nanoseconds: number, work: () => void): void;
  /** Virtual time in nanoseconds. Absent where there is no clock. */
  now?(): number;
}

/** A transport's wires to the interrupt controller. */
export interface InterruptWires {
  /** Sets the INTx line. */
  setLine(on: boolean): void;
  /** Sends the message of an MSI-X vector, if it is enabled and not masked. */
  sendVector(vector: number): void;
  /** Whether MSI-X is enabled, so that the line is not used. */
  readonly messagesEnabled: boolean;
}
