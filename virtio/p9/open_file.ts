/**
 * A file that the guest has open.
 *
 * @module
 */
import {
  closeSync,
  constants,
  fdatasyncSync,
  fsyncSync,
  readSync,
  writeSync,
} from "node:fs";
import {
  BATCH_BYTES,
  batches,
  gather,
  scatter,
  target,
} from "../blk/scatter.ts";
import { P9Error } from "./errno.ts";
import {
  attributesOfDescriptor,
  type HostAttributes,
} from "./host_attributes.ts";
import type { Opened } from "./path_guard.ts";

/** Linux's flags of open(), which Tlopen and Tlcreate carry. */
export const OPEN_FLAG = {
  accessMode: 0o3,
  readOnly: 0o0,
  writeOnly: 0o1,
  readWrite: 0o2,
  create: 0o100,
  exclusive: 0o200,
  truncate: 0o1000,
  append: 0o2000,
  dataSync: 0o10000,
  folder: 0o200000,
  sync: 0o4000000,
} as const;

/** Whether a file is opened so that something can change. */
export function opensForWriting(flags: number): boolean {
  return (flags & OPEN_FLAG.accessMode) !== OPEN_FLAG.readOnly ||
    (flags & OPEN_FLAG.truncate) !== 0;
}

/**
 * The host's flags for the guest's. Creating and truncating are not among
 * them: that is done once it is sure which file was opened.
 */
export function hostOpenFlags(flags: number): number {
  const append = (flags & OPEN_FLAG.append) !== 0 ? constants.O_APPEND : 0;
  switch (flags & OPEN_FLAG.accessMode) {
    case OPEN_FLAG.readOnly:
      return constants.O_RDONLY | append;
    case OPEN_FLAG.writeOnly:
      return constants.O_WRONLY | append;
    case OPEN_FLAG.readWrite:
      return constants.O_RDWR | append;
    default:
      throw new P9Error("EINVAL", "Cannot open file: no such access mode");
  }
}

/** For data in several pieces. One thread uses it, one request at a time. */
const copy = new Uint8Array(BATCH_BYTES);

/** An open file. It works on when its name is gone. */
export class OpenFile {
  /** The guest's flags. */
  readonly flags: number;
  /** Tells files of the host apart. */
  readonly identity: string;
  readonly #descriptor: number;

  constructor({ descriptor, attributes }: Opened, flags: number) {
    this.#descriptor = descriptor;
    this.flags = flags;
    this.identity = `${attributes.device}:${attributes.inode}`;
  }

  get descriptor(): number {
    return this.#descriptor;
  }

  get writable(): boolean {
    return (this.flags & OPEN_FLAG.accessMode) !== OPEN_FLAG.readOnly;
  }

  attributes(): HostAttributes {
    return attributesOfDescriptor(this.#descriptor);
  }

  /** Fills the views as far as the file goes; gives how many bytes it read. */
  read(offset: number, into: readonly Uint8Array[]): number {
    let done = 0;
    for (const batch of batches(into)) {
      const place = target(batch, copy);
      const got = this.#fill(place, offset + done);
      scatter(batch, place.subarray(0, got));
      done += got;
      if (got < place.length) break;
    }
    return done;
  }

  /**
   * Writes the views' bytes; gives how many it wrote, which is fewer where the
   * host has no room for more.
   */
  write(offset: number, from: readonly Uint8Array[]): number {
    let done = 0;
    try {
      for (const batch of batches(from)) {
        const bytes = gather(batch, copy);
        for (let at = 0; at < bytes.length;) {
          const wrote = writeSync(
            this.#descriptor,
            bytes,
            at,
            bytes.length - at,
            offset + done,
          );
          at += wrote;
          done += wrote;
        }
      }
    } catch (error) {
      if (done === 0) throw error;
    }
    if ((this.flags & OPEN_FLAG.sync) !== 0) this.sync(false);
    else if ((this.flags & OPEN_FLAG.dataSync) !== 0) this.sync(true);
    return done;
  }

  /** Returns once the file is on the host's disk. */
  sync(dataOnly: boolean): void {
    if (dataOnly) fdatasyncSync(this.#descriptor);
    else fsyncSync(this.#descriptor);
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #fill(bytes: Uint8Array, offset: number): number {
    let done = 0;
    while (done < bytes.length) {
      const got = readSync(
        this.#descriptor,
        bytes,
        done,
        bytes.length - done,
        offset + done,
      );
      if (got === 0) break;
      done += got;
    }
    return done;
  }
}
