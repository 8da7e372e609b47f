/**
 * Thread interrupt contexts: what waits for each vCPU, by priority, and
 * whether it is signalled. The presentation engine of XIVE (IVPE).
 *
 * @module
 */
import {
  MASKED,
  NSR_EO,
  PRIORITIES,
  RING,
  THREAD,
  XIVE_LAYOUT,
} from "./layout.ts";

/** State of the vCPUs in shared memory. The caller holds the lock. */
export class ThreadContexts {
  readonly vcpus: number;
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  readonly #setPending: (vcpu: number, on: boolean) => void;

  constructor(
    buffer: ArrayBufferLike,
    { offset, vcpus, setPending }: {
      offset: number;
      vcpus: number;
      setPending: (vcpu: number, on: boolean) => void;
    },
  ) {
    const at = offset + XIVE_LAYOUT.threads;
    this.vcpus = vcpus;
    this.#bytes = new Uint8Array(buffer, at, vcpus * THREAD.BYTES);
    this.#words = new Uint32Array(buffer, at, vcpus * THREAD.BYTES / 4);
    this.#setPending = setPending;
  }

  reset(): void {
    this.#bytes.fill(0);
    for (let vcpu = 0; vcpu < this.vcpus; vcpu++) {
      this.#set(vcpu, RING.LSMFB, 0xff);
      this.#set(vcpu, RING.ACK_COUNT, 0xff);
      this.#set(vcpu, RING.AGE, 0xff);
      this.setReportingLine(vcpu, undefined);
      this.#signal(vcpu);
    }
  }

  /** A byte of the OS ring. */
  register(vcpu: number, register: number): number {
    return this.#bytes[vcpu * THREAD.BYTES + register] ?? 0;
  }

  #set(vcpu: number, register: number, value: number): void {
    this.#bytes[vcpu * THREAD.BYTES + register] = value;
  }

  /** Replaces what differs from reset, and drives the external interrupt. */
  load(
    vcpu: number,
    { cppr, ipb, acknowledged }: {
      cppr: number;
      ipb: number;
      acknowledged: number;
    },
  ): void {
    this.#set(vcpu, RING.CPPR, cppr);
    this.#set(vcpu, RING.IPB, ipb);
    this.#set(vcpu, RING.ACK_COUNT, acknowledged);
    this.#signal(vcpu);
  }

  /** Keeps PIPR, NSR and the external interrupt as IPB and CPPR say. */
  #signal(vcpu: number): void {
    const ipb = this.register(vcpu, RING.IPB);
    const pipr = ipb === 0 ? MASKED : Math.clz32(ipb << 24);
    const on = pipr < this.register(vcpu, RING.CPPR);
    this.#set(vcpu, RING.PIPR, pipr);
    this.#set(vcpu, RING.NSR, on ? NSR_EO : 0);
    this.#setPending(vcpu, on);
  }

  setCppr(vcpu: number, cppr: number): void {
    this.#set(vcpu, RING.CPPR, cppr < PRIORITIES ? cppr : MASKED);
    this.#signal(vcpu);
  }

  /** Notifies a vCPU of an event in the queue of a priority. */
  notify(vcpu: number, priority: number): void {
    if (priority >= PRIORITIES) return;
    const ipb = this.register(vcpu, RING.IPB);
    this.#set(vcpu, RING.IPB, ipb | (0x80 >> priority));
    this.#signal(vcpu);
  }

  /** Takes what is signalled, if anything; gives NSR as it was, and CPPR. */
  acknowledge(vcpu: number): number {
    const nsr = this.register(vcpu, RING.NSR);
    if (nsr !== 0) {
      const priority = this.register(vcpu, RING.PIPR);
      const ipb = this.register(vcpu, RING.IPB);
      this.#set(vcpu, RING.CPPR, priority);
      this.#set(vcpu, RING.IPB, ipb & ~(0x80 >> priority));
      this.#signal(vcpu);
    }
    return (nsr << 8) | this.register(vcpu, RING.CPPR);
  }

  /** Counts an acknowledgement that went to the reporting line. */
  countAcknowledged(vcpu: number): void {
    this.#set(
      vcpu,
      RING.ACK_COUNT,
      this.register(vcpu, RING.ACK_COUNT) + 1,
    );
  }

  /** Real address of a vCPU's reporting line pair. */
  reportingLine(vcpu: number): number | undefined {
    const at = vcpu * THREAD.BYTES / 4;
    const high = this.#words[at + THREAD.REPORT_HIGH] ?? 0;
    const low = this.#words[at + THREAD.REPORT_LOW] ?? 0;
    return high === 0xffff_ffff ? undefined : high * 2 ** 32 + low;
  }

  setReportingLine(vcpu: number, address: number | undefined): void {
    const at = vcpu * THREAD.BYTES / 4;
    const none = address === undefined;
    this.#words[at + THREAD.REPORT_HIGH] = none
      ? 0xffff_ffff
      : Math.floor(address / 2 ** 32);
    this.#words[at + THREAD.REPORT_LOW] = none ? 0xffff_ffff : address;
  }
}
