import { BytesWriter } from "../../../virtio/accessor.ts";
import {
  BackendError,
  type BlockBackend,
  SECTOR_BYTES,
} from "../../../virtio/blk/backend.ts";
import { BlkDevice, type BlkOptions } from "../../../virtio/blk/device.ts";
import {
  MOCK_SETUPS,
  type MockAnswer,
  MockDriver,
  type MockOptions,
  type MockSetup,
} from "../../../virtio/mock_driver.ts";
import { MockWorld } from "../../../virtio/mock_world.ts";

/** A disk in memory that remembers what was done to it. */
export class MemoryBackend implements BlockBackend {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly sectors: number;
  readonly readonly: boolean;
  /** "read 512 +1024", "flush", … in their order. */
  readonly log: string[] = [];
  /** Whether the host fails at everything. */
  fails = false;

  constructor(sectors: number, { readonly = false } = {}) {
    this.sectors = sectors;
    this.readonly = readonly;
    this.bytes = new Uint8Array(sectors * SECTOR_BYTES);
  }

  read(position: number, into: readonly Uint8Array[]): void {
    this.#note("read", position, into);
    let at = position;
    for (const view of into) {
      view.set(this.bytes.subarray(at, at + view.length));
      at += view.length;
    }
  }

  write(position: number, from: readonly Uint8Array[]): void {
    this.#note("write", position, from);
    let at = position;
    for (const view of from) {
      this.bytes.set(view, at);
      at += view.length;
    }
  }

  zero(position: number, bytes: number): void {
    this.#say(`zero ${position} +${bytes}`);
    this.bytes.fill(0, position, position + bytes);
  }

  flush(): void {
    this.#say("flush");
  }

  close(): void {}

  #note(what: string, position: number, views: readonly Uint8Array[]): void {
    const bytes = views.reduce((sum, { length }) => sum + length, 0);
    this.#say(`${what} ${position} +${bytes}`);
  }

  #say(what: string): void {
    if (this.fails) throw new BackendError(`Cannot ${what}: the host fails`);
    this.log.push(what);
  }
}

/** Types of requests (virtio 1.3, 5.2.6). */
export const TYPE = {
  in: 0,
  out: 1,
  scsiCommand: 2,
  flush: 4,
  flushOut: 5,
  getId: 8,
  discard: 11,
  writeZeroes: 13,
  secureErase: 14,
} as const;

/** A request to be made of a disk. */
export interface DiskRequest {
  readonly type: number;
  readonly sector?: number | bigint;
  /** Data for the disk, one buffer each. */
  readonly out?: readonly Uint8Array[];
  /** Room for data, one buffer each. */
  readonly room?: readonly number[];
  readonly queue?: number;
  readonly indirect?: boolean;
}

/** How a disk answered. */
export interface DiskAnswer {
  readonly status: number;
  readonly data: Uint8Array;
  readonly written: number;
}

/** A disk, with a driver that has set it up. */
export class TestDisk {
  readonly backend: MemoryBackend;
  readonly device: BlkDevice;
  readonly driver: MockDriver;
  readonly failures: BackendError[] = [];

  constructor(
    setup: MockSetup,
    { backend = new MemoryBackend(256), options = {}, mock = {} }: {
      backend?: MemoryBackend;
      options?: Partial<BlkOptions>;
      mock?: MockOptions;
    } = {},
  ) {
    const world = mock.world ?? new MockWorld();
    this.backend = backend;
    this.device = new BlkDevice({
      backend,
      defer: (work) => world.defer(work),
      onFailure: (error) => this.failures.push(error),
      ...options,
    });
    this.driver = new MockDriver(this.device, setup, { ...mock, world });
    this.driver.start();
  }

  header(type: number, sector: number | bigint = 0): Uint8Array {
    const fields = this.driver.writer();
    fields.u32(type);
    fields.u32(0);
    fields.u64(sector);
    return fields.written;
  }

  /** Ranges to discard or to zero, in whose order the guest has no say. */
  segments(
    ...ranges: readonly { sector: number; sectors: number; flags?: number }[]
  ): Uint8Array {
    const fields = new BytesWriter({ little: true });
    for (const { sector, sectors, flags = 0 } of ranges) {
      fields.u64(sector);
      fields.u32(sectors);
      fields.u32(flags);
    }
    return fields.written;
  }

  request(
    { type, sector = 0, out = [], room = [], queue = 0, indirect = false }:
      DiskRequest,
  ): DiskAnswer {
    const answer = this.driver.request(queue, {
      out: [this.header(type, sector), ...out],
      room: [...room, 1],
      indirect,
    });
    return diskAnswer(answer);
  }
}

export function diskAnswer({ bytes, written }: MockAnswer): DiskAnswer {
  return {
    status: bytes.at(-1) ?? -1,
    data: bytes.subarray(0, -1),
    written,
  };
}

/** Bytes that tell where they are from. */
export function pattern(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, at) => (at * 7 + (at >> 8) + seed));
}

export function setupNamed(name: string): MockSetup {
  const setup = MOCK_SETUPS.find((each) => each.name === name);
  if (setup === undefined) throw new RangeError(`No set-up ${name}`);
  return setup;
}

/** Whole numbers below a limit, the same ones for a seed. */
export function random(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    return Math.floor(state / 2 ** 32 * limit);
  };
}
