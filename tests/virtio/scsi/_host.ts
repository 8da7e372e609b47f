import { ScsiDevice, type ScsiOptions } from "../../../virtio/scsi/device.ts";
import {
  MOCK_SETUPS,
  MockDriver,
  type MockOptions,
  type MockSetup,
} from "../../../virtio/mock_driver.ts";
import { MockWorld } from "../../../virtio/mock_world.ts";
import { MemoryBackend } from "../blk/_disk.ts";

/** Queues of the host. */
export const QUEUE = { control: 0, events: 1, requests: 2 } as const;

/** A LUN of eight bytes for a target's single-level LUN. */
export function lunOf(target: number, lun: number): Uint8Array {
  return Uint8Array.of(1, target, 0x40 | lun >> 8, lun, 0, 0, 0, 0);
}

export const DISK = lunOf(0, 0);
export const WELL_KNOWN = Uint8Array.of(0xc1, 1, 0, 0, 0, 0, 0, 0);

/** A command to be given. */
export interface Given {
  readonly lun?: Uint8Array;
  readonly out?: readonly Uint8Array[];
  readonly room?: readonly number[];
  readonly queue?: number;
  readonly indirect?: boolean;
}

/** How the host responded. */
export interface Response {
  readonly response: number;
  readonly status: number;
  /** [key, code, qualifier], or none. */
  readonly sense: readonly number[];
  readonly residual: number;
  readonly data: Uint8Array;
  readonly written: number;
}

/** A host with a disk, and its driver. */
export class TestHost {
  readonly backend: MemoryBackend;
  readonly device: ScsiDevice;
  readonly driver: MockDriver;
  readonly failures: Error[] = [];
  sizes = { sense: 96, cdb: 32 };

  constructor(
    setup: MockSetup,
    { backend = new MemoryBackend(1024), options = {}, mock = {}, fresh }: {
      backend?: MemoryBackend;
      options?: Partial<ScsiOptions>;
      mock?: MockOptions;
      /** Whether the first command still meets the unit attention. */
      fresh?: boolean;
    } = {},
  ) {
    const world = mock.world ?? new MockWorld();
    this.backend = backend;
    this.device = new ScsiDevice({
      backend,
      defer: (work) => world.defer(work),
      onFailure: (error) => this.failures.push(error),
      ...options,
    });
    this.driver = new MockDriver(this.device, setup, { ...mock, world });
    this.driver.start();
    if (fresh !== true) this.command([0x00]);
  }

  /** A request's part to read, without data. */
  request(cdb: readonly number[], lun: Uint8Array = DISK): Uint8Array {
    const fields = this.driver.writer();
    fields.bytes(lun);
    fields.u64(0x1122_3344_5566_7788n);
    fields.zeros(3);
    fields.bytes(Uint8Array.from(cdb));
    fields.zeros(this.sizes.cdb - cdb.length);
    return fields.written;
  }

  command(cdb: readonly number[], given: Given = {}): Response {
    const {
      lun = DISK,
      out = [],
      room = [],
      queue = QUEUE.requests,
      indirect = false,
    } = given;
    const answer = this.driver.request(queue, {
      out: [this.request(cdb, lun), ...out],
      room: [12 + this.sizes.sense, ...room],
      indirect,
    });
    return this.response(answer);
  }

  response(
    { bytes, written }: { bytes: Uint8Array; written: number },
  ): Response {
    const fields = this.driver.reader(bytes);
    const senseLength = fields.u32();
    const residual = fields.u32();
    fields.u16();
    const status = fields.u8();
    const response = fields.u8();
    const sense = fields.bytes(this.sizes.sense).subarray(0, senseLength);
    const data = fields.bytes(fields.remaining);
    return {
      response,
      status,
      residual,
      sense: sense.length === 0
        ? []
        : [sense[2] ?? 0, sense[12] ?? 0, sense[13] ?? 0],
      data,
      written,
    };
  }

  /** A task management function; gives the response. */
  manage(what: number, lun: Uint8Array = DISK): number {
    const fields = this.driver.writer();
    fields.u32(0);
    fields.u32(what);
    fields.bytes(lun);
    fields.u64(1);
    const { bytes } = this.driver.request(QUEUE.control, {
      out: [fields.written],
      room: [1],
    });
    return bytes[0] ?? -1;
  }
}

export function setupNamed(name: string): MockSetup {
  const setup = MOCK_SETUPS.find((each) => each.name === name);
  if (setup === undefined) throw new RangeError(`No set-up ${name}`);
  return setup;
}

/** A command with numbers at places: [bytes, value] after the opcode's byte. */
export function cdb(
  opcode: number,
  length: number,
  ...fields: readonly { at: number; bytes: number; value: number | bigint }[]
): number[] {
  const block = new Array<number>(length).fill(0);
  block[0] = opcode;
  for (const { at, bytes, value } of fields) {
    for (let index = 0; index < bytes; index++) {
      const shift = BigInt(8 * (bytes - 1 - index));
      block[at + index] = Number(BigInt(value) >> shift & 0xffn);
    }
  }
  return block;
}

/** READ and WRITE of any form; `flags` is byte 1. */
export function transfer(
  form: 6 | 10 | 12 | 16,
  direction: "read" | "write",
  { block, blocks, flags = 0 }: {
    block: number | bigint;
    blocks: number;
    flags?: number;
  },
): number[] {
  const code = (direction === "read" ? 0x08 : 0x0a) |
    { 6: 0x00, 10: 0x20, 12: 0xa0, 16: 0x80 }[form];
  if (form === 6) {
    return cdb(
      code,
      6,
      { at: 1, bytes: 3, value: block },
      { at: 4, bytes: 1, value: blocks },
    );
  }
  const places = {
    10: { address: 4, count: [7, 2] },
    12: { address: 4, count: [6, 4] },
    16: { address: 8, count: [10, 4] },
  } as const;
  const { address, count } = places[form];
  return cdb(
    code,
    form,
    { at: 1, bytes: 1, value: flags },
    { at: 2, bytes: address, value: block },
    { at: count[0], bytes: count[1], value: blocks },
  );
}
