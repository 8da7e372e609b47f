/**
 * Commands of a disk, read out of their descriptor blocks (SPC-4 and SBC-3).
 * What they ask for is not looked at here, save for what no disk allows.
 *
 * @module
 */
import { joinU64 } from "../accessor.ts";

/** A command. Numbers are as the initiator gave them. */
export type Command =
  | { readonly kind: "test-unit-ready" | "start-stop-unit" }
  | {
    readonly kind: "request-sense" | "read-capacity-16";
    readonly allocation: number;
  }
  | { readonly kind: "read-capacity-10" }
  | {
    readonly kind: "inquiry";
    /** Of vital product data; undefined for the standard data. */
    readonly page: number | undefined;
    readonly allocation: number;
  }
  | {
    readonly kind: "mode-sense";
    readonly form: 6 | 10;
    readonly page: number;
    readonly subpage: number;
    /** Page control: 0 current, 1 changeable, 2 default, 3 saved values. */
    readonly control: number;
    readonly withDescriptor: boolean;
    readonly allocation: number;
  }
  | {
    readonly kind: "read" | "write";
    readonly block: number;
    readonly blocks: number;
    /** Force unit access: the medium itself, not a cache. */
    readonly force: boolean;
  }
  | {
    readonly kind: "synchronize-cache";
    readonly block: number;
    /** 0: to the end. */
    readonly blocks: number;
  }
  | {
    readonly kind: "write-same";
    readonly block: number;
    readonly blocks: number;
    /** Whether zeros are meant, without any data. */
    readonly noData: boolean;
  }
  | { readonly kind: "unmap"; readonly parameterBytes: number }
  | {
    readonly kind: "report-luns";
    readonly select: number;
    readonly allocation: number;
  }
  | { readonly kind: "invalid-field" }
  | { readonly kind: "unknown"; readonly opcode: number };

/** Bytes of the longest descriptor block that is known here. */
export const LONGEST_CDB = 32;

/** Service action of SERVICE ACTION IN (16) that there is. */
const READ_CAPACITY_16 = 0x10;

/** A command by its descriptor block of at least `LONGEST_CDB` bytes. */
export function parseCommand(cdb: Uint8Array): Command {
  const fields = new CdbFields(cdb);
  const opcode = fields.u8(0);
  switch (opcode) {
    case 0x00:
      return { kind: "test-unit-ready" };
    case 0x03:
      return { kind: "request-sense", allocation: fields.u8(4) };
    case 0x08:
      return shortTransfer("read", fields);
    case 0x0a:
      return shortTransfer("write", fields);
    case 0x12:
      return inquiry(fields);
    case 0x1a:
      return modeSense(fields, { form: 6, allocation: fields.u8(4) });
    case 0x1b:
      return { kind: "start-stop-unit" };
    case 0x25:
      return { kind: "read-capacity-10" };
    case 0x28:
      return transfer("read", fields, range10(fields));
    case 0x2a:
      return transfer("write", fields, range10(fields));
    case 0x35:
      return { kind: "synchronize-cache", ...range10(fields) };
    case 0x41:
      return writeSame(fields, { ...range10(fields), noData: false });
    case 0x42:
      return unmap(fields);
    case 0x5a:
      return modeSense(fields, { form: 10, allocation: fields.u16(7) });
    case 0x88:
      return transfer("read", fields, range16(fields));
    case 0x8a:
      return transfer("write", fields, range16(fields));
    case 0x91:
      return { kind: "synchronize-cache", ...range16(fields) };
    case 0x93:
      return writeSame(fields, {
        ...range16(fields),
        noData: (fields.u8(1) & 0x01) !== 0,
      });
    case 0x9e:
      return (fields.u8(1) & 0x1f) === READ_CAPACITY_16
        ? { kind: "read-capacity-16", allocation: fields.u32(10) }
        : { kind: "invalid-field" };
    case 0xa0:
      return {
        kind: "report-luns",
        select: fields.u8(2),
        allocation: fields.u32(6),
      };
    case 0xa8:
      return transfer("read", fields, range12(fields));
    case 0xaa:
      return transfer("write", fields, range12(fields));
    default:
      return { kind: "unknown", opcode };
  }
}

/** Fields of a descriptor block: SCSI is big-endian, whoever the guest is. */
class CdbFields {
  readonly #view: DataView;

  constructor(cdb: Uint8Array) {
    this.#view = new DataView(cdb.buffer, cdb.byteOffset, cdb.length);
  }

  u8(at: number): number {
    return this.#view.getUint8(at);
  }

  u16(at: number): number {
    return this.#view.getUint16(at);
  }

  u32(at: number): number {
    return this.#view.getUint32(at);
  }

  /** Infinity above 2^53 - 1, which no disk has. */
  u64(at: number): number {
    return joinU64(this.u32(at), this.u32(at + 4));
  }
}

interface BlockRange {
  readonly block: number;
  readonly blocks: number;
}

function range10(fields: CdbFields): BlockRange {
  return { block: fields.u32(2), blocks: fields.u16(7) };
}

function range12(fields: CdbFields): BlockRange {
  return { block: fields.u32(2), blocks: fields.u32(6) };
}

function range16(fields: CdbFields): BlockRange {
  return { block: fields.u64(2), blocks: fields.u32(10) };
}

/** READ (6) and WRITE (6): 0 blocks mean 256 (SBC-3, 5.7). */
function shortTransfer(kind: "read" | "write", fields: CdbFields): Command {
  const block = fields.u32(0) & 0x1f_ffff;
  return { kind, block, blocks: fields.u8(4) || 256, force: false };
}

function transfer(
  kind: "read" | "write",
  fields: CdbFields,
  range: BlockRange,
): Command {
  const flags = fields.u8(1);
  // Protection information is for disks that were formatted with it.
  if ((flags & 0xe0) !== 0) return { kind: "invalid-field" };
  return { kind, ...range, force: (flags & 0x08) !== 0 };
}

function inquiry(fields: CdbFields): Command {
  const vital = (fields.u8(1) & 0x01) !== 0;
  const page = fields.u8(2);
  if (!vital && page !== 0) return { kind: "invalid-field" };
  return {
    kind: "inquiry",
    page: vital ? page : undefined,
    allocation: fields.u16(3),
  };
}

function modeSense(
  fields: CdbFields,
  form: { form: 6 | 10; allocation: number },
): Command {
  return {
    kind: "mode-sense",
    ...form,
    page: fields.u8(2) & 0x3f,
    subpage: fields.u8(3),
    control: fields.u8(2) >> 6,
    withDescriptor: (fields.u8(1) & 0x08) === 0,
  };
}

function writeSame(
  fields: CdbFields,
  what: BlockRange & { noData: boolean },
): Command {
  // Protection, and the anchor, which a disk without such blocks lacks.
  if ((fields.u8(1) & 0xf0) !== 0) return { kind: "invalid-field" };
  return { kind: "write-same", ...what };
}

function unmap(fields: CdbFields): Command {
  if ((fields.u8(1) & 0x01) !== 0) return { kind: "invalid-field" };
  return { kind: "unmap", parameterBytes: fields.u16(7) };
}
