/**
 * A driver, and the guest around it, for tests: it sets a device up through
 * the device's own registers, in any form and byte order, and makes requests.
 *
 * @module
 */
import { BytesReader, BytesWriter } from "./accessor.ts";
import type { VirtioDevice } from "./device.ts";
import { FEATURE, featureMask, hasFeature } from "./features.ts";
import { legacyQueueAddresses } from "./legacy_registers.ts";
import type { MockMemory } from "./mock_world.ts";
import { MockWorld } from "./mock_world.ts";
import { type MockBuffer, type MockRing, mockRing } from "./mock_ring.ts";
import type { AccessBytes, PciBar } from "./pci_face.ts";
import type { QueueAddresses } from "./ring.ts";
import { STATUS } from "./status.ts";
import {
  type PciForm,
  VirtioPci,
  type VirtioPciOptions,
} from "./transport_pci.ts";
import type { ByteOrder } from "./world.ts";

/** How a mock driver goes about it. */
export interface MockSetup {
  /** For test names. */
  readonly name: string;
  /** The guest's own order. Modern rings are little-endian all the same. */
  readonly order: ByteOrder;
  readonly interface: "legacy" | "modern";
  readonly ring: "split" | "packed";
}

/** The set-ups that every device is to be driven in. */
export const MOCK_SETUPS: readonly MockSetup[] = [
  setup("big", "legacy", "split"),
  setup("little", "legacy", "split"),
  setup("big", "modern", "split"),
  setup("little", "modern", "split"),
  setup("big", "modern", "packed"),
  setup("little", "modern", "packed"),
];

function setup(
  order: ByteOrder,
  face: "legacy" | "modern",
  ring: "split" | "packed",
): MockSetup {
  return { name: `${order} ${face} ${ring}`, order, interface: face, ring };
}

/** What may differ from the usual. */
export interface MockOptions
  extends Partial<Omit<VirtioPciOptions, "world" | "form">> {
  readonly world?: MockWorld;
  /** Default: `transitional` for either interface. */
  readonly form?: PciForm;
  /** Features not to take. */
  readonly without?: readonly number[];
  /** Size of queues, at most; legacy queues have their maximum. */
  readonly queueSize?: number;
  /** Whether MSI-X is enabled, a vector for each queue. Default false. */
  readonly messages?: boolean;
}

/** A finished request. */
export interface MockAnswer {
  readonly id: number;
  /** The used length. */
  readonly written: number;
  /** The buffers that the device could write, whole, one after the other. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const LEGACY = {
  features: 0,
  driverFeatures: 4,
  page: 8,
  size: 12,
  select: 14,
  notify: 16,
  status: 18,
  isr: 19,
  configVector: 20,
  vector: 22,
} as const;

const MODERN = {
  deviceFeatureSelect: 0x00,
  deviceFeature: 0x04,
  driverFeatureSelect: 0x08,
  driverFeature: 0x0c,
  configVector: 0x10,
  queues: 0x12,
  status: 0x14,
  generation: 0x15,
  select: 0x16,
  size: 0x18,
  vector: 0x1a,
  enable: 0x1c,
  notifyOffset: 0x1e,
  addresses: { descriptor: 0x20, driver: 0x28, device: 0x30 },
  reset: 0x3a,
  isr: 0x1000,
  config: 0x2000,
  notify: 0x3000,
} as const;

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
  #heap = 0;
  #scratch = 0;

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

  /** Resets the device, and forgets what it had with it. */
  reset(): void {
    this.status = 0;
    this.rings.length = 0;
    this.#pending.length = 0;
    this.features = 0n;
    // Rings in the lower half, which is never scattered; buffers in the upper.
    this.#heap = PAGE;
    this.#scratch = this.world.ram.bytes.length / 2;
    this.world.ram.bytes.fill(0);
  }

  get status(): number {
    return this.#modern
      ? this.load(4, MODERN.status, 1)
      : this.load(0, LEGACY.status, 1);
  }

  set status(value: number) {
    if (this.#modern) this.store(4, MODERN.status, 1, value);
    else this.store(0, LEGACY.status, 1, value);
  }

  /** Reads and so clears the ISR status. */
  readIsr(): number {
    return this.#modern
      ? this.load(4, MODERN.isr, 1)
      : this.load(0, LEGACY.isr, 1);
  }

  /** What the device offers through the interface. */
  offered(): bigint {
    if (!this.#modern) return BigInt(this.load(0, LEGACY.features, 4));
    const words = [0, 1].map((word) => {
      this.store(4, MODERN.deviceFeatureSelect, 4, word);
      return BigInt(this.load(4, MODERN.deviceFeature, 4));
    });
    return (words[1] ?? 0n) << 32n | (words[0] ?? 0n);
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
    if (!this.#modern) {
      this.store(0, LEGACY.driverFeatures, 4, Number(features));
      return;
    }
    for (const word of [0, 1]) {
      const value = BigInt.asUintN(32, features >> BigInt(32 * word));
      this.store(4, MODERN.driverFeatureSelect, 4, word);
      this.store(4, MODERN.driverFeature, 4, Number(value));
    }
  }

  /** Gives a queue its ring. Also after that queue's reset. */
  setUpQueue(index: number): void {
    const size = this.#modern
      ? this.#setUpModern(index)
      : this.#setUpLegacy(index);
    if (size === undefined) return;
    this.rings[index] = mockRing(this.setup.ring, {
      ...size,
      memory: this.memory,
      little: this.little,
      eventIndex: hasFeature(this.features, FEATURE.eventIndex),
    });
    this.#pending[index] = new Map();
  }

  /** Resets one queue (VIRTIO_F_RING_RESET). */
  resetQueue(index: number): void {
    this.store(4, MODERN.select, 2, index);
    this.store(4, MODERN.reset, 2, 1);
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
    const address = this.#scratch;
    this.#scratch += Math.ceil(Math.max(1, bytes) / 16) * 16;
    if (this.#scratch > this.world.ram.bytes.length) {
      throw new RangeError("Cannot allocate: the mock's memory is used up");
    }
    return address;
  }

  /** Puts buffers for the device to read, and to write, into memory. */
  buffers(
    { out = [], room = [] }: {
      out?: readonly Uint8Array[];
      room?: readonly number[];
    },
  ): MockBuffer[] {
    const read = out.map((bytes) => {
      const address = this.allocate(bytes.length);
      this.memory.write(address, bytes);
      return { address, length: bytes.length, write: false };
    });
    const write = room.map((length) => {
      const address = this.allocate(length);
      this.memory.write(address, new Uint8Array(length));
      return { address, length, write: true };
    });
    return [...read, ...write];
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
    if (!this.#modern) this.store(0, LEGACY.notify, 2, index);
    else this.store(4, MODERN.notify + 4 * index, 2, index);
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
    buffers: {
      out?: readonly Uint8Array[];
      room?: readonly number[];
      indirect?: boolean;
    },
  ): MockAnswer {
    const scratch = this.#scratch;
    this.add(index, this.buffers(buffers), {
      indirect: buffers.indirect ?? false,
    });
    this.kickIfWanted(index);
    const [answer, ...others] = this.collect(index);
    if (answer === undefined || others.length > 0) {
      throw new Error(`No single answer came from queue ${index}`);
    }
    this.#scratch = scratch;
    return answer;
  }

  /** Bytes of the device's configuration, read one by one. */
  config(length: number): Uint8Array<ArrayBuffer> {
    const [bar, base] = this.#configBase();
    return Uint8Array.from(
      { length },
      (_, index) => this.load(bar, base + index, 1),
    );
  }

  /** Writes a field of the configuration, in one access of its width. */
  writeConfig(offset: number, bytes: Uint8Array): void {
    const [bar, base] = this.#configBase();
    const value = bytes.reduce(
      (sum, byte, index) => sum + byte * 256 ** index,
      0,
    );
    this.store(bar, base + offset, bytes.length as AccessBytes, value);
  }

  load(bar: number, offset: number, bytes: AccessBytes): number {
    return this.#bar(bar).load(offset, bytes);
  }

  store(bar: number, offset: number, bytes: AccessBytes, value: number): void {
    this.#bar(bar).store(offset, bytes, value);
  }

  get #modern(): boolean {
    return this.setup.interface === "modern";
  }

  #configBase(): [bar: number, offset: number] {
    const header = this.world.wires.messagesEnabled ? 24 : 20;
    return this.#modern ? [4, MODERN.config] : [0, header];
  }

  #bar(index: number): PciBar {
    const bar = this.pci.bars.find((each) => each.index === index);
    if (bar === undefined) throw new RangeError(`No BAR ${index}`);
    return bar;
  }

  #ring(index: number): MockRing {
    const ring = this.rings[index];
    if (ring === undefined) throw new RangeError(`No queue ${index}`);
    return ring;
  }

  #setUpLegacy(
    index: number,
  ): (QueueAddresses & { size: number }) | undefined {
    this.store(0, LEGACY.select, 2, index);
    const size = this.load(0, LEGACY.size, 2);
    if (size === 0) return undefined;
    const start = this.#heap;
    const addresses = legacyQueueAddresses(start, size);
    this.#heap = addresses.device + Math.ceil((8 * size + 6) / PAGE) * PAGE;
    this.store(0, LEGACY.page, 4, start / PAGE);
    if (this.world.wires.messagesEnabled) {
      this.store(0, LEGACY.vector, 2, index);
    }
    return { ...addresses, size };
  }

  #setUpModern(
    index: number,
  ): (QueueAddresses & { size: number }) | undefined {
    this.store(4, MODERN.select, 2, index);
    const maximum = this.load(4, MODERN.size, 2);
    if (maximum === 0) return undefined;
    const size = Math.min(maximum, this.#options.queueSize ?? maximum);
    this.store(4, MODERN.size, 2, size);
    const addresses = {
      descriptor: this.#heap,
      driver: this.#heap + 16 * size,
      device: this.#heap + 16 * size + 4 * Math.ceil((2 * size + 6) / 4),
    };
    this.#heap = Math.ceil((addresses.device + 8 * size + 6) / PAGE) * PAGE;
    for (const part of ["descriptor", "driver", "device"] as const) {
      const at = MODERN.addresses[part];
      this.store(4, at, 4, addresses[part] % 2 ** 32);
      this.store(4, at + 4, 4, Math.floor(addresses[part] / 2 ** 32));
    }
    if (this.world.wires.messagesEnabled) {
      this.store(4, MODERN.vector, 2, index);
    }
    this.store(4, MODERN.enable, 2, 1);
    return { ...addresses, size };
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
