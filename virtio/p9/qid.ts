/**
 * Qids: what tells a guest whether two files are the same.
 *
 * @module
 */
import { P9Error } from "./errno.ts";
import { isFolder, isLink } from "./file_mode.ts";
import type { HostAttributes } from "./host_attributes.ts";
import type { Qid } from "./message.ts";

/** Bits of a qid's type. */
export const QID_TYPE = { folder: 0x80, link: 0x02, file: 0x00 } as const;

/** Bits of a path that hold the host's inode number. */
const INODE_BITS = 48n;

/** Bits that larger numbers keep as they are. */
const FOLD_BITS = 32n;

/** Most file systems that a share can extend over. */
export const MAX_DEVICES = 2 ** 16;

/**
 * Makes qids. A path has 64 bits and the host needs 128 to name a file: the
 * file systems that a share extends over are numbered as they are met, the
 * shared folder's first. Inode numbers of more than 48 bits, which no local
 * file system of Linux gives out, are folded into 48.
 */
export class QidMaker {
  #devices: Map<number, bigint>;

  constructor(rootDevice: number) {
    this.#devices = new Map([[rootDevice, 0n]]);
  }

  /** The qid of what the guest sees as a file of that mode. */
  qid(
    { device, inode, modified, changed, size }: HostAttributes,
    mode: number,
  ): Qid {
    const number = BigInt(inode);
    // The high bits tell layers or volumes, within which numbers are low.
    const folded = BigInt.asUintN(
      Number(INODE_BITS),
      number ^ number >> INODE_BITS << FOLD_BITS,
    );
    return {
      type: qidType(mode),
      version: version(modified, changed, size),
      path: this.#number(device) << INODE_BITS | folded,
    };
  }

  /** The host's numbers of file systems, in the order of those here. */
  save(): number[] {
    return [...this.#devices.keys()];
  }

  /** Takes back what `save()` gave. */
  restore(devices: readonly number[]): void {
    this.#devices = new Map(
      devices.map((device, index) => [device, BigInt(index)]),
    );
  }

  #number(device: number): bigint {
    const known = this.#devices.get(device);
    if (known !== undefined) return known;
    if (this.#devices.size >= MAX_DEVICES) {
      throw new P9Error("EOVERFLOW", "Cannot name file: too many file systems");
    }
    const number = BigInt(this.#devices.size);
    this.#devices.set(device, number);
    return number;
  }
}

function qidType(mode: number): number {
  if (isFolder({ mode })) return QID_TYPE.folder;
  return isLink({ mode }) ? QID_TYPE.link : QID_TYPE.file;
}

/** Linux drops what it has cached of a file when this changes. */
function version(modified: number, changed: number, size: number): number {
  return (Math.imul(modified / 1000, 1009) ^ modified % 1000 << 20 ^
    Math.imul(changed / 1000, 31) ^ size) >>> 0;
}
