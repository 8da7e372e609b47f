/**
 * Data that a disk answers questions about itself with (SPC-4 and SBC-3).
 *
 * @module
 */
import { SECTOR_BYTES } from "../blk/backend.ts";
import {
  MAX_SAME_BLOCKS,
  MAX_TRANSFER_BLOCKS,
  MAX_UNMAP_BLOCKS,
  MAX_UNMAP_DESCRIPTORS,
} from "./limits.ts";

/** Peripheral qualifier and type of what is at a logical unit number. */
export const PERIPHERAL = {
  disk: 0x00,
  /** The REPORT LUNS well-known logical unit. */
  wellKnown: 0x1e,
  /** No unit can be there. */
  none: 0x7f,
} as const;

const VENDOR = "JANUS   ";
const PRODUCT = "VIRTUAL DISK    ";
const REVISION = "1   ";

/** Blanks, where there is none (SPC-4, 7.8.16). */
const NO_SERIAL = "    ";

/** SPC-4 and SBC-3, which all of this is after. */
const SPC_4 = 6;

/** log2 of the blocks in what the host's page cache reads and writes. */
const PHYSICAL_BLOCK_EXPONENT = 3;

/** Standard INQUIRY data (SPC-4, 6.6.2). */
export function standardInquiry(peripheral: number): Uint8Array {
  const data = new Uint8Array(36);
  data[0] = peripheral;
  data[2] = SPC_4;
  data[3] = 0x12; // HISUP: LUNs are as SAM has them; response format 2
  data[4] = data.length - 5;
  data[7] = 0x02; // CMDQUE
  data.set(ascii(VENDOR + PRODUCT + REVISION), 8);
  return data;
}

/** Vital product data pages that there are (SPC-4, 7.8; SBC-3, 6.6). */
const VITAL_PAGES: ReadonlyMap<number, (serial: string) => Uint8Array> =
  new Map([
    [0x00, supportedPages],
    [0x80, (serial) => ascii(serial || NO_SERIAL)],
    [0x83, identification],
    [0xb0, blockLimits],
    [0xb1, characteristics],
    [0xb2, provisioning],
  ]);

/** A page of vital product data of a disk; undefined where there is none. */
export function vitalPage(
  page: number,
  serial: string,
): Uint8Array | undefined {
  const content = VITAL_PAGES.get(page)?.(serial);
  if (content === undefined) return undefined;
  const data = new Uint8Array(4 + content.length);
  data[0] = PERIPHERAL.disk;
  data[1] = page;
  new DataView(data.buffer).setUint16(2, content.length);
  data.set(content, 4);
  return data;
}

function supportedPages(): Uint8Array {
  return Uint8Array.from(VITAL_PAGES.keys());
}

/** One designator: vendor, and what tells its disks apart. */
function identification(serial: string): Uint8Array {
  const id = ascii(VENDOR + (serial === "" ? PRODUCT : serial));
  return Uint8Array.of(
    0x02, // ASCII
    0x01, // of the logical unit; T10 vendor id based
    0,
    id.length,
    ...id,
  );
}

function blockLimits(): Uint8Array {
  const data = new Uint8Array(60);
  const fields = new DataView(data.buffer);
  data[0] = 0x01; // WSNZ: WRITE SAME of 0 blocks does not mean all
  fields.setUint16(2, 2 ** PHYSICAL_BLOCK_EXPONENT); // optimal granularity
  fields.setUint32(4, MAX_TRANSFER_BLOCKS);
  fields.setUint32(16, MAX_UNMAP_BLOCKS);
  fields.setUint32(20, MAX_UNMAP_DESCRIPTORS);
  fields.setUint32(24, 2 ** PHYSICAL_BLOCK_EXPONENT); // unmap granularity
  fields.setUint32(36, MAX_SAME_BLOCKS); // the high half is 0
  return data;
}

function characteristics(): Uint8Array {
  const data = new Uint8Array(60);
  data[1] = 1; // nothing rotates
  return data;
}

function provisioning(): Uint8Array {
  // LBPU: UNMAP is there. Unmapped blocks keep what they hold.
  return Uint8Array.of(0, 0x80, 0x02, 0);
}

/** READ CAPACITY (10) data (SBC-3, 5.15.2). */
export function capacity10(blocks: number): Uint8Array {
  const fields = new DataView(new ArrayBuffer(8));
  fields.setUint32(0, Math.min(blocks - 1, 0xffff_ffff));
  fields.setUint32(4, SECTOR_BYTES);
  return new Uint8Array(fields.buffer);
}

/** READ CAPACITY (16) data (SBC-3, 5.16.2). */
export function capacity16(blocks: number, readonly: boolean): Uint8Array {
  const fields = new DataView(new ArrayBuffer(32));
  fields.setUint32(0, Math.floor((blocks - 1) / 2 ** 32));
  fields.setUint32(4, (blocks - 1) % 2 ** 32);
  fields.setUint32(8, SECTOR_BYTES);
  fields.setUint8(13, PHYSICAL_BLOCK_EXPONENT);
  fields.setUint8(14, readonly ? 0 : 0x80); // LBPME: UNMAP may be used
  return new Uint8Array(fields.buffer);
}

/** Eight bytes of a LUN of a single level, and of the well-known unit. */
const DISK_LUN = new Uint8Array(8);
const WELL_KNOWN_LUN = Uint8Array.of(0xc1, 0x01, 0, 0, 0, 0, 0, 0);

/** REPORT LUNS data (SPC-4, 6.33); undefined for an unknown choice. */
export function reportLuns(select: number): Uint8Array | undefined {
  const luns = [[DISK_LUN], [WELL_KNOWN_LUN], [DISK_LUN, WELL_KNOWN_LUN]];
  const chosen = luns[select];
  if (chosen === undefined) return undefined;
  const data = new Uint8Array(8 + 8 * chosen.length);
  new DataView(data.buffer).setUint32(0, 8 * chosen.length);
  for (const [at, lun] of chosen.entries()) data.set(lun, 8 + 8 * at);
  return data;
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
