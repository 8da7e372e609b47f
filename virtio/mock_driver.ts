/**
 * A driver, and the guest around it, for tests: it sets a device up through
 * the device's own registers, in any form and byte order, and makes requests.
 *
 * @module
 */
import { BytesReader, BytesWriter } from "./accessor.ts";
import type { VirtioDevice } from "./device.ts";
import { FEATURE, featureMask, hasFeature } from "./features.ts";
import {
  MockBars,
  MockLegacyRegisters,
  MockModernRegisters,
  type MockRegisters,
} from "./mock_registers.ts";
import { type MockBuffer, type MockRing, mockRing } from "./mock_ring.ts";
import type { MockOptions, MockSetup } from "./mock_setup.ts";
import { type MockMemory, MockWorld } from "./mock_world.ts";
import type { AccessBytes } from "./pci_face.ts";
import { availableEventOffset } from "./split_ring.ts";
import { STATUS } from "./status.ts";
import { VirtioPci } from "./transport_pci.ts";
import type { ByteOrder } from "./world.ts";

export { MOCK_SETUPS } from "./mock_setup.ts";
export type { MockOptions, MockSetup } from "./mock_setup.ts";

/** A finished request. */
export interface MockAnswer {
  readonly id: number;
  /** The used length. */
  readonly written: number;
  /** The buffers that the device could write, whole, one after the other. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What goes into a chain. */
export interface MockRequest {
  /** What the device is to read. */
  readonly out?: readonly Uint8Array[];
  /** Lengths of what it may write. */
  readonly room?: readonly number[];
}

const PAGE = 4096;

/** A driver of one device. */
export class MockDriver {
  readonly setup: MockSetup;
  readonly world: MockWorld;
  readonly pci: VirtioPci;
  /** The driver's side of queues, by index. */
  readonly rings: (MockRing | undefined)[] = [];
  /** Features that were agreed on. */
  features = 0n;
  readonly #options: MockOptions;
  readonly #pending: Map<number, readonly MockBuffer[]>[] = [];
  /** Next free page for rings. */
  #ringSpace = PAGE;
  /** Next free address for buffers. */
  #bufferSpace = 0;

  constructor(
    device: VirtioDevice,
    setup: MockSetup,
    options: MockOptions = {},
  ) {
    this.setup = setup;
    this.#options = options;
    this.world = options.world ?? new MockWorld();
    this.pci = new VirtioPci(device, {
      name: `${device.kind}0`,
      ...options,
      rings: { packed: setup.ring === "packed", ...options.rings },
      world: this.world,
    });
    this.world.wires.messagesEnabled = options.messages ?? false;
    this.pci.connect(this.world.wires);
  }

  /** Whether the rings are little-endian, if all is as it should be. */
  get little(): boolean {
    return this.setup.interface === "modern" || this.setup.order === "little";
  }

  /** Memory by the device's addresses. */
  get memory(): MockMemory {
    return this.world.memory(hasFeature(this.features, FEATURE.accessPlatform));
  }

  get status(): number {
    return this.#registers().status;
  }

  set status(value: number) {
    this.#registers().status = value;
  }

  /** The vCPU that acts runs, and takes interrupts, in the guest's order. */
  become(order: ByteOrder = this.setup.order): void {
    this.world.evidence = { vcpu: 0, interrupts: order, running: order };
  }

  /**
   * All that a driver does until its device runs. The vCPU that does it is in
   * the guest's order, unless the world says otherwise already.
   */
  start(): void {
    if (this.world.evidence === undefined) this.become();
    this.reset();
    this.status = STATUS.acknowledge;
    this.status = STATUS.acknowledge | STATUS.driver;
    this.negotiate();
    this.status = this.status | STATUS.featuresOk;
    for (let index = 0; index < this.pci.core.queues.length; index++) {
      this.setUpQueue(index);
    }
    this.status = this.status | STATUS.driverOk;
  }

  /** Resets the device, clears memory, and forgets all requests. */
  reset(): void {
    this.status = 0;
    this.rings.length = 0;
    this.#pending.length = 0;
    this.features = 0n;
    // Rings in the lower half, which is never scattered; buffers in the upper.
    this.#ringSpace = PAGE;
    this.#bufferSpace = this.world.ram.bytes.length / 2;
    this.world.ram.bytes.fill(0);
  }

  /** Reads and so clears the ISR status. */
  readIsr(): number {
    return this.#registers().isr();
  }

  /** What the device offers through the interface. */
  offered(): bigint {
    return this.#registers().offered();
  }

  /**
   * Takes all that is offered, without what the options say, and without the
   * packed ring where it has a split one.
   */
  negotiate(): void {
    const without = featureMask(
      ...this.#options.without ?? [],
      ...this.setup.ring === "split" ? [FEATURE.packedRing] : [],
    );
    this.features = this.offered() & ~without;
    this.writeFeatures(this.features);
  }

  writeFeatures(features: bigint): void {
    this.#registers().writeFeatures(features);
  }

  /** Gives a queue its ring. Also after that queue's reset. */
  setUpQueue(index: number): void {
    const place = this.#registers().setUpQueue(index, {
      start: this.#ringSpace,
      size: this.#options.queueSize,
      vector: this.world.wires.messagesEnabled ? index : undefined,
    });
    if (place === undefined) return;
    const end = place.device + availableEventOffset(place.size) + 2;
    this.#ringSpace = Math.ceil(end / PAGE) * PAGE;
    this.rings[index] = mockRing(this.setup.ring, {
      ...place,
      memory: this.memory,
      little: this.little,
      eventIndex: hasFeature(this.features, FEATURE.eventIndex),
    });
    this.#pending[index] = new Map();
  }

  /** Resets one queue (VIRTIO_F_RING_RESET), of a modern device. */
  resetQueue(index: number): void {
    new MockModernRegisters(new MockBars(this.pci)).resetQueue(index);
    this.rings[index] = undefined;
  }

  /** Bytes for a driver's structure, in the order that the device expects. */
  writer(): BytesWriter {
    return new BytesWriter(this);
  }

  /** Reads a device's structure in the order that the device should have. */
  reader(bytes: Uint8Array): BytesReader {
    return new BytesReader(bytes, this);
  }

  /** Bytes of memory that nobody else uses, until the reset. */
  allocate(bytes: number): number {
    const address = this.#bufferSpace;
    this.#bufferSpace += Math.ceil(Math.max(1, bytes) / 16) * 16;
    if (this.#bufferSpace > this.world.ram.bytes.length) {
      throw new RangeError("Cannot allocate: the mock's memory is used up");
    }
    return address;
  }

  /** Puts buffers for the device to read, and to write, into memory. */
  buffers({ out = [], room = [] }: MockRequest): MockBuffer[] {
    const place = (data: Uint8Array, write: boolean) => {
      const address = this.allocate(data.length);
      this.memory.write(address, data);
      return { address, length: data.length, write };
    };
    return [
      ...out.map((bytes) => place(bytes, false)),
      ...room.map((length) => place(new Uint8Array(length), true)),
    ];
  }

  /** Offers a chain without a kick; gives its id. */
  add(
    index: number,
    buffers: readonly MockBuffer[],
    { indirect = false } = {},
  ): number {
    const ring = this.#ring(index);
    const table = indirect ? this.allocate(16 * buffers.length) : undefined;
    const id = ring.add(buffers, table);
    this.#pending[index]?.set(id, buffers);
    return id;
  }

  /** Kicks a queue, whether or not the device wants it. */
  kick(index: number): void {
    this.#registers().kick(index);
  }

  /** Kicks a queue if the device wants it; gives whether it did. */
  kickIfWanted(index: number): boolean {
    const wanted = this.#ring(index).needsKick();
    if (wanted) this.kick(index);
    return wanted;
  }

  /** Takes all that came back. */
  collect(index: number): MockAnswer[] {
    const answers: MockAnswer[] = [];
    const ring = this.#ring(index);
    for (let used = ring.take(); used !== undefined; used = ring.take()) {
      const buffers = this.#pending[index]?.get(used.id) ?? [];
      this.#pending[index]?.delete(used.id);
      const parts = buffers.filter(({ write }) => write)
        .map(({ address, length }) => this.memory.read(address, length));
      answers.push({ ...used, bytes: join(parts) });
    }
    return answers;
  }

  /**
   * One request: offers it, kicks, and takes the answer. Throws where none
   * came at once. Its memory is free again after that.
   */
  request(
    index: number,
    { indirect = false, ...buffers }: MockRequest & { indirect?: boolean },
  ): MockAnswer {
    const space = this.#bufferSpace;
    this.add(index, this.buffers(buffers), { indirect });
    this.kickIfWanted(index);
    const [answer, ...others] = this.collect(index);
    if (answer === undefined || others.length > 0) {
      throw new Error(`No single answer came from queue ${index}`);
    }
    this.#bufferSpace = space;
    return answer;
  }

  /** Bytes of the device's configuration, read one by one. */
  config(length: number): Uint8Array<ArrayBuffer> {
    const registers = this.#registers();
    return Uint8Array.from(
      { length },
      (_, index) => registers.loadConfig(index),
    );
  }

  /** Writes a field of the configuration, in one access of its width. */
  writeConfig(offset: number, bytes: Uint8Array): void {
    const value = bytes.reduce(
      (sum, byte, index) => sum + byte * 256 ** index,
      0,
    );
    const width = bytes.length as AccessBytes;
    this.#registers().storeConfig(offset, width, value);
  }

  load(bar: number, offset: number, bytes: AccessBytes): number {
    return new MockBars(this.pci).load(bar, offset, bytes);
  }

  store(bar: number, offset: number, bytes: AccessBytes, value: number): void {
    new MockBars(this.pci).store(bar, offset, bytes, value);
  }

  /** Made anew: tests put another function in the place of `pci`. */
  #registers(): MockRegisters {
    const bars = new MockBars(this.pci);
    return this.setup.interface === "modern"
      ? new MockModernRegisters(bars)
      : new MockLegacyRegisters(bars, this.world.wires.messagesEnabled);
  }

  #ring(index: number): MockRing {
    const ring = this.rings[index];
    if (ring === undefined) throw new RangeError(`No queue ${index}`);
    return ring;
  }
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const joined = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
