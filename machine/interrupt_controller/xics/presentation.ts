/**
 * The presentation layer of XICS (ICP): which source each vCPU is shown. The
 * most favoured one that is more favoured than CPPR, always; what it displaces
 * goes back to wait at its source.
 *
 * @module
 */
import {
  FIRST_SOURCE,
  MASKED,
  SERVER,
  XICS_IPI,
  XICS_LAYOUT,
} from "./layout.ts";
import type { SourceController } from "./source_controller.ts";

/** State of the vCPUs in shared memory. The caller holds the lock. */
export class Presentation {
  readonly vcpus: number;
  readonly #servers: Uint32Array;
  readonly #sources: SourceController;
  readonly #setPending: (vcpu: number, on: boolean) => void;
  readonly #timebase: (() => number) | undefined;

  constructor(
    sources: SourceController,
    { buffer, offset, vcpus, setPending, timebase }: {
      buffer: ArrayBufferLike;
      offset: number;
      vcpus: number;
      setPending: (vcpu: number, on: boolean) => void;
      timebase: (() => number) | undefined;
    },
  ) {
    this.vcpus = vcpus;
    this.#sources = sources;
    this.#setPending = setPending;
    this.#timebase = timebase;
    this.#servers = new Uint32Array(
      buffer,
      offset + XICS_LAYOUT.servers,
      vcpus * SERVER.WORDS,
    );
  }

  reset(): void {
    for (let vcpu = 0; vcpu < this.vcpus; vcpu++) {
      // LoPAPR R1-6.2-13: nothing is signalled until CPPR is raised.
      this.load(vcpu, { cppr: 0, xisr: 0, pending: MASKED, mfrr: MASKED });
    }
  }

  /** Replaces a vCPU's state and drives its external interrupt by it. */
  load(
    vcpu: number,
    { cppr, xisr, pending, mfrr, stamp = 0 }: {
      cppr: number;
      xisr: number;
      pending: number;
      mfrr: number;
      stamp?: number;
    },
  ): void {
    this.#set(vcpu, SERVER.CPPR, cppr);
    this.#set(vcpu, SERVER.MFRR, mfrr);
    this.#show(vcpu, xisr, pending);
    this.#setStamp(vcpu, stamp);
  }

  #get(vcpu: number, word: number): number {
    return this.#servers[vcpu * SERVER.WORDS + word] ?? 0;
  }

  #set(vcpu: number, word: number, value: number): void {
    this.#servers[vcpu * SERVER.WORDS + word] = value;
  }

  cppr(vcpu: number): number {
    return this.#get(vcpu, SERVER.CPPR);
  }

  xisr(vcpu: number): number {
    return this.#get(vcpu, SERVER.XISR);
  }

  pendingPriority(vcpu: number): number {
    return this.#get(vcpu, SERVER.PENDING);
  }

  mfrr(vcpu: number): number {
    return this.#get(vcpu, SERVER.MFRR);
  }

  /** The external interrupt request register: CPPR, then XISR. */
  xirr(vcpu: number): number {
    return ((this.cppr(vcpu) << 24) | this.xisr(vcpu)) >>> 0;
  }

  /** Timebase when the vCPU was last shown a source. */
  stamp(vcpu: number): number {
    return this.#get(vcpu, SERVER.STAMP_HIGH) * 2 ** 32 +
      this.#get(vcpu, SERVER.STAMP_LOW);
  }

  #setStamp(vcpu: number, stamp: number): void {
    this.#set(vcpu, SERVER.STAMP_HIGH, Math.floor(stamp / 2 ** 32));
    this.#set(vcpu, SERVER.STAMP_LOW, stamp >>> 0);
  }

  #show(vcpu: number, xisr: number, priority: number): void {
    this.#set(vcpu, SERVER.XISR, xisr);
    this.#set(vcpu, SERVER.PENDING, priority);
    this.#setPending(vcpu, xisr !== 0);
  }

  /** Shows a source instead of what was shown, and gives what that was. */
  #present(vcpu: number, source: number, priority: number): number {
    const displaced = this.xisr(vcpu);
    this.#show(vcpu, source, priority);
    if (this.#timebase) this.#setStamp(vcpu, this.#timebase());
    return displaced;
  }

  /** Offers a source to its server, and then what that displaces to its. */
  deliver(source: number): void {
    let next = source;
    while (next >= FIRST_SOURCE && this.#sources.waits(next)) {
      const vcpu = this.#sources.server(next);
      const priority = this.#sources.priority(next);
      // What is shown is always more favoured than CPPR.
      const limit = this.xisr(vcpu) !== 0
        ? this.pendingPriority(vcpu)
        : this.cppr(vcpu);
      if (priority >= limit) return;
      this.#sources.sent(next);
      next = this.#takeBack(this.#present(vcpu, next, priority));
    }
  }

  /** Lets a source wait again that was shown; an IPI waits in MFRR. */
  #takeBack(source: number): number {
    if (source >= FIRST_SOURCE) this.#sources.rejected(source);
    return source;
  }

  /** Shows a vCPU that is shown nothing the most favoured that waits. */
  #resend(vcpu: number): void {
    if (this.xisr(vcpu) !== 0) return;
    const source = this.#sources.best(vcpu);
    const ipi = this.mfrr(vcpu);
    if (source !== 0 && this.#sources.priority(source) < ipi) {
      this.deliver(source);
    } else if (ipi < this.cppr(vcpu)) this.#present(vcpu, XICS_IPI, ipi);
  }

  setCppr(vcpu: number, cppr: number): void {
    this.#set(vcpu, SERVER.CPPR, cppr);
    const source = this.xisr(vcpu);
    if (source === 0) this.#resend(vcpu);
    else if (cppr <= this.pendingPriority(vcpu)) {
      this.#show(vcpu, 0, MASKED);
      // Its server may have become another since.
      this.deliver(this.#takeBack(source));
    }
  }

  /**
   * Requests an interprocessor interrupt. A less favoured MFRR does not take
   * back an interrupt that is already shown.
   */
  setMfrr(vcpu: number, mfrr: number): void {
    this.#set(vcpu, SERVER.MFRR, mfrr);
    if (mfrr >= this.cppr(vcpu) || mfrr >= this.pendingPriority(vcpu)) return;
    this.deliver(this.#takeBack(this.#present(vcpu, XICS_IPI, mfrr)));
  }

  /** Takes what is shown, raising CPPR to its priority; gives XIRR. */
  accept(vcpu: number): number {
    const xirr = this.xirr(vcpu);
    if (this.xisr(vcpu) === 0) return xirr;
    this.#set(vcpu, SERVER.CPPR, this.pendingPriority(vcpu));
    this.#show(vcpu, 0, MASKED);
    return xirr;
  }

  /** Ends the handling of a source, and lets CPPR down. */
  endOfInterrupt(vcpu: number, { cppr, source }: {
    cppr: number;
    source: number;
  }): void {
    this.#set(vcpu, SERVER.CPPR, cppr);
    if (source >= FIRST_SOURCE) this.#sources.endOfInterrupt(source);
    this.#resend(vcpu);
    // A raised level, or an edge since, may be for another server by now.
    this.deliver(source);
  }
}
