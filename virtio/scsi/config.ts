/**
 * Configuration of a virtio SCSI host (virtio 1.3, 5.6.4).
 *
 * @module
 */
import {
  BytesReader,
  type OrderedReader,
  type OrderedWriter,
  type OrderSource,
} from "../accessor.ts";
import { RingError } from "../ring_error.ts";
import {
  COMMANDS_PER_UNIT,
  MAX_DATA_SEGMENTS,
  MAX_TRANSFER_BLOCKS,
} from "./limits.ts";
import type { FieldSizes } from "./request.ts";

/** Bytes of an event, none of which is sent. */
const EVENT_BYTES = 16;

/** Offset of `sense_size`, and after it `cdb_size`. */
const SIZES_OFFSET = 20;

const FIELD_BYTES = 4;

/** What they are after a reset (5.6.4.2). */
const DEFAULT_SIZES = { sense: 96, cdb: 32 } as const;

/** Sense data and commands of SPC-4 are never longer. */
const MOST_SENSE = 252;
const MOST_CDB = 260;

/** What of the configuration is not the same for all hosts. */
export interface ScsiConfig {
  readonly requestQueues: number;
  readonly sizes: DriverSizes;
}

/** Writes struct virtio_scsi_config. */
export function writeScsiConfig(
  fields: OrderedWriter,
  { requestQueues, sizes }: ScsiConfig,
): void {
  fields.u32(requestQueues);
  fields.u32(MAX_DATA_SEGMENTS);
  fields.u32(MAX_TRANSFER_BLOCKS);
  fields.u32(COMMANDS_PER_UNIT);
  fields.u32(EVENT_BYTES);
  sizes.writeTo(fields);
  fields.u16(0); // max_channel
  fields.u16(0); // max_target: the disk's
  fields.u32(0); // max_lun: the disk's
}

/** What `DriverSizes` saves: bytes as written, and which of them were. */
export interface DriverSizesState {
  readonly bytes: readonly number[];
  readonly written: readonly boolean[];
}

/**
 * The sizes that the driver may set. Legacy drivers write them byte by byte,
 * and in an order that only an accessor knows: so bytes are kept.
 */
export class DriverSizes {
  #bytes = new Uint8Array(2 * FIELD_BYTES);
  #written: boolean[] = [];

  reset(): void {
    this.#bytes.fill(0);
    this.#written = [];
  }

  write(offset: number, value: OrderedReader): void {
    const from = offset - SIZES_OFFSET;
    const bytes = value.bytes(value.remaining);
    if (from < 0 || from + bytes.length > this.#bytes.length) return;
    this.#bytes.set(bytes, from);
    for (const at of bytes.keys()) this.#written[from + at] = true;
  }

  writeTo(fields: OrderedWriter): void {
    for (const [index, size] of Object.values(DEFAULT_SIZES).entries()) {
      const bytes = this.#field(index);
      if (bytes === undefined) fields.u32(size);
      else fields.bytes(bytes);
    }
  }

  /** The sizes that hold. Throws RingError where the driver's make no sense. */
  read(order: OrderSource): FieldSizes {
    const [sense, cdb] = [0, 1].map((index) => {
      const bytes = this.#field(index);
      return bytes && new BytesReader(bytes, order).u32();
    });
    const sizes = {
      sense: sense ?? DEFAULT_SIZES.sense,
      cdb: cdb ?? DEFAULT_SIZES.cdb,
    };
    if (sizes.sense > MOST_SENSE || sizes.cdb > MOST_CDB || sizes.cdb < 1) {
      throw new RingError(
        "request",
        `Cannot take commands: sense_size is ${sizes.sense}, cdb_size ${sizes.cdb}`,
      );
    }
    return sizes;
  }

  save(): DriverSizesState {
    return {
      bytes: [...this.#bytes],
      written: Array.from(this.#bytes, (_, at) => this.#written[at] ?? false),
    };
  }

  restore({ bytes, written }: DriverSizesState): void {
    this.reset();
    this.#bytes.set(bytes.slice(0, this.#bytes.length));
    this.#written = written.slice(0, this.#bytes.length);
  }

  /** A field's bytes, once the driver has written all of them. */
  #field(index: number): Uint8Array | undefined {
    const at = index * FIELD_BYTES;
    for (let byte = 0; byte < FIELD_BYTES; byte++) {
      if (this.#written[at + byte] !== true) return undefined;
    }
    return this.#bytes.subarray(at, at + FIELD_BYTES);
  }
}
