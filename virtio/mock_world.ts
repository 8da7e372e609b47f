/**
 * A world for tests: memory, a clock that the test moves, and a record of what
 * a device did to it.
 *
 * @module
 */
import type {
  ByteOrder,
  GuestMemory,
  GuestOrderEvidence,
  InterruptWires,
  VirtioEvent,
  VirtioWorld,
} from "./world.ts";

const PAGE = 4096;

/**
 * Guest memory of its own. Scattered, the pages of its upper half lie in the
 * opposite order, so that no two are neighbours.
 */
export class MockMemory implements GuestMemory {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Ranges that a device said it has written. */
  readonly writes: { address: number; bytes: number }[] = [];
  readonly span?: NonNullable<GuestMemory["span"]>;
  readonly #view: DataView;
  readonly #scattered: boolean;

  constructor(bytes: Uint8Array<ArrayBuffer>, scattered: boolean) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer);
    this.#scattered = scattered;
    if (scattered) this.span = (address, length) => this.#span(address, length);
  }

  view(address: number, length: number): Uint8Array {
    if (this.#scattered && this.#span(address, length) < length) {
      throw new RangeError("Cannot view memory: pages are not neighbours");
    }
    this.#check(address, length);
    const at = this.real(address);
    return this.bytes.subarray(at, at + length);
  }

  written(address: number, bytes: number): void {
    this.#check(address, bytes);
    this.writes.push({ address, bytes });
    // Long-running tests need only the latest.
    if (this.writes.length > 4096) this.writes.splice(0, 2048);
  }

  /** The guest's own accesses, by a device's address. */
  u16(address: number, little: boolean): number {
    return this.#view.getUint16(this.real(address), little);
  }

  setU16(address: number, value: number, little: boolean): void {
    this.#view.setUint16(this.real(address), value, little);
  }

  u32(address: number, little: boolean): number {
    return this.#view.getUint32(this.real(address), little);
  }

  setU32(address: number, value: number, little: boolean): void {
    this.#view.setUint32(this.real(address), value, little);
  }

  setU64(address: number, value: bigint, little: boolean): void {
    this.#view.setBigUint64(this.real(address), value, little);
  }

  /** A copy of what a device would see at an address. */
  read(address: number, length: number): Uint8Array<ArrayBuffer> {
    const copy = new Uint8Array(length);
    this.#eachPiece(address, length, (at, real, piece) => {
      copy.set(this.bytes.subarray(real, real + piece), at);
    });
    return copy;
  }

  write(address: number, data: Uint8Array): void {
    this.#eachPiece(address, data.length, (at, real, piece) => {
      this.bytes.set(data.subarray(at, at + piece), real);
    });
  }

  #eachPiece(
    address: number,
    length: number,
    call: (at: number, real: number, piece: number) => void,
  ): void {
    for (let at = 0; at < length;) {
      const left = PAGE - (address + at) % PAGE;
      const piece = this.#scattered ? Math.min(left, length - at) : length - at;
      call(at, this.real(address + at), piece);
      at += piece;
    }
  }

  #check(address: number, length: number): void {
    if (!(address >= 0 && address + length <= this.bytes.length)) {
      throw new RangeError(`Cannot view memory: not there: ${address}`);
    }
  }

  /** Where in `bytes` a device's address is. */
  real(address: number): number {
    const half = this.bytes.length / 2;
    if (!this.#scattered || address < half) return address;
    const page = Math.floor((address - half) / PAGE);
    return half + (half / PAGE - 1 - page) * PAGE + address % PAGE;
  }

  #span(address: number, length: number): number {
    this.#check(address, 1);
    const half = this.bytes.length / 2;
    const end = address < half ? half : address - address % PAGE + PAGE;
    return Math.min(length, end - address);
  }
}

/** Wires that remember. */
export class MockWires implements InterruptWires {
  messagesEnabled = false;
  line = false;
  /** Times that the line went up. */
  raised = 0;
  /** Vectors that were sent, in their order. */
  readonly vectors: number[] = [];

  setLine(on: boolean): void {
    if (on) this.raised++;
    this.line = on;
  }

  sendVector(vector: number): void {
    this.vectors.push(vector);
  }
}

/** A world that a test holds in its hand. */
export class MockWorld implements VirtioWorld {
  readonly targetOrder: ByteOrder = "big";
  readonly ram: MockMemory;
  readonly translated: MockMemory;
  readonly events: VirtioEvent[] = [];
  readonly wires: MockWires = new MockWires();
  /** Who accesses the device; undefined for nobody. */
  evidence: GuestOrderEvidence | undefined;
  /** Names that somebody listens to. */
  readonly listening: Set<VirtioEvent["name"]> = new Set();
  time = 0;
  #deferred: (() => void)[] = [];
  #later: { at: number; work: () => void }[] = [];

  /** `bytes` is a power of 2, 8192 at least. */
  constructor(bytes = 1 << 24) {
    const memory = new Uint8Array(bytes);
    this.ram = new MockMemory(memory, false);
    this.translated = new MockMemory(memory, true);
  }

  memory(platformTranslates: boolean): MockMemory {
    return platformTranslates ? this.translated : this.ram;
  }

  get actor(): number | undefined {
    return this.evidence?.vcpu;
  }

  guestOrder(): GuestOrderEvidence | undefined {
    return this.evidence;
  }

  emit(event: VirtioEvent): void {
    this.events.push(event);
  }

  listens(name: VirtioEvent["name"]): boolean {
    return this.listening.has(name);
  }

  defer(work: () => void): void {
    this.#deferred.push(work);
  }

  later(nanoseconds: number, work: () => void): void {
    this.#later.push({ at: this.time + nanoseconds, work });
  }

  now(): number {
    return this.time;
  }

  /**
   * Runs what was deferred, with nobody of the guest about, but not what that
   * defers in its turn. Gives how many there were.
   */
  runDeferred(): number {
    const evidence = this.evidence;
    const deferred = this.#deferred;
    this.#deferred = [];
    this.evidence = undefined;
    for (const work of deferred) work();
    this.evidence = evidence;
    return deferred.length;
  }

  /** Moves the clock, and runs what is due. */
  advance(nanoseconds: number): void {
    this.time += nanoseconds;
    const due = this.#later.filter(({ at }) => at <= this.time);
    this.#later = this.#later.filter(({ at }) => at > this.time);
    for (const { work } of due) work();
  }

  /** Events of a name. */
  eventsOf(name: VirtioEvent["name"]): VirtioEvent[] {
    return this.events.filter((event) => event.name === name);
  }
}
