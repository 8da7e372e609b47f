/**
 * Symbolic links that the guest makes, stored as what the host will never
 * follow: a regular file whose sticky bit is set, which means nothing else
 * for a file, and that holds a first line and the link's text:
 *
 *     !<janus-link>
 *     ../the/text
 *
 * (without a line's end after the text). The bit makes that no other file has
 * to be opened to see whether it is one, and that no guest can make one by
 * writing or chmod: its own files never get the bit. Such a file can be
 * renamed, hard linked and deleted as any other; a copy that loses the bit,
 * as `cp` without `-p` makes, is a plain file with the text in it.
 *
 * @module
 */
import {
  closeSync,
  constants,
  linkSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { ERRNO, errnoOf, isAbsent, P9Error } from "./errno.ts";
import { isFile, S_IFLNK, S_IFMT, S_ISVTX } from "./file_mode.ts";
import type { HostAttributes } from "./host_attributes.ts";
import type { PathGuard } from "./path_guard.ts";

const FIRST_LINE = new TextEncoder().encode("!<janus-link>\n");

/** PATH_MAX of Linux, with the NUL that it counts. */
const TEXT_BYTES = 4095;

const MODE = S_ISVTX | 0o644;

const LINK_PERMISSIONS = 0o777;

/** Where links are kept, in a guarded folder. */
export class MappedLinks {
  readonly #guard: PathGuard;
  readonly #hardLink: typeof linkSync;

  /** `hardLink` is the host's. Tests stand in for a host that has none. */
  constructor(guard: PathGuard, hardLink: typeof linkSync = linkSync) {
    this.#guard = guard;
    this.#hardLink = hardLink;
  }

  /** What the guest sees of a file: a mapped link is a link. */
  seen(names: readonly string[], host: HostAttributes): HostAttributes {
    if (this.target(names, host) === undefined) return host;
    return {
      ...host,
      mode: S_IFLNK | LINK_PERMISSIONS,
      size: host.size - FIRST_LINE.length,
    };
  }

  /** A mapped link's text; undefined for everything else. */
  target(names: readonly string[], host: HostAttributes): string | undefined {
    const text = host.size - FIRST_LINE.length;
    const marked = isFile(host) && (host.mode & S_ISVTX) !== 0;
    if (!marked || text < 1 || text > TEXT_BYTES) return undefined;
    const bytes = this.#read(names, host.size);
    const first = bytes?.subarray(0, FIRST_LINE.length);
    if (!first?.every((byte, index) => byte === FIRST_LINE[index])) {
      return undefined;
    }
    return decode(bytes?.subarray(FIRST_LINE.length));
  }

  /**
   * Makes a link. It is there as a whole or not at all: it is written under
   * another name, which a killed emulator may leave behind.
   */
  make(names: readonly string[], target: string): void {
    const text = new TextEncoder().encode(target);
    if (text.length === 0 || target.includes("\0")) {
      throw new P9Error("EINVAL", "Cannot make link: text is empty or has NUL");
    }
    if (text.length > TEXT_BYTES) {
      throw new P9Error(
        "ENAMETOOLONG",
        `Cannot make link: ${text.length} bytes`,
      );
    }
    const draft = [...names.slice(0, -1), draftName()];
    try {
      this.#write(draft, text);
      this.#name(draft, names);
    } finally {
      this.#guard.at(draft, (path) => rmSync(path, { force: true }));
    }
  }

  #read(names: readonly string[], size: number): Uint8Array | undefined {
    const opened = this.#open(names);
    if (opened === undefined) return undefined;
    const { descriptor, attributes } = opened;
    try {
      // One byte more shows that it has grown.
      const bytes = new Uint8Array(size + 1);
      const got = readSync(descriptor, bytes, 0, bytes.length, 0);
      const whole = isFile(attributes) && got === size;
      return whole ? bytes.subarray(0, size) : undefined;
    } finally {
      closeSync(descriptor);
    }
  }

  /** A file that may not be read is a file. */
  #open(names: readonly string[]) {
    try {
      return this.#guard.open(names, constants.O_RDONLY);
    } catch (error) {
      if (errnoOf(error) === ERRNO.EACCES) return undefined;
      throw error;
    }
  }

  #write(names: readonly string[], text: Uint8Array): void {
    const { descriptor, attributes } = this.#guard.create(
      names,
      constants.O_WRONLY,
      MODE,
    );
    try {
      if ((attributes.mode & ~S_IFMT) !== MODE) {
        throw new P9Error("EOPNOTSUPP", "Cannot make link: no sticky bit here");
      }
      const bytes = new Uint8Array([...FIRST_LINE, ...text]);
      for (let at = 0; at < bytes.length;) {
        at += writeSync(descriptor, bytes, at);
      }
    } finally {
      closeSync(descriptor);
    }
  }

  /** Gives the draft its name, unless somebody has it. */
  #name(draft: readonly string[], names: readonly string[]): void {
    this.#guard.at(draft, (from) =>
      this.#guard.at(names, (to) => {
        try {
          this.#hardLink(from, to);
        } catch (error) {
          if (!isUnsupported(error)) throw error;
          this.#refuseExisting(names);
          renameSync(from, to);
        }
      }));
  }

  #refuseExisting(names: readonly string[]): void {
    try {
      this.#guard.inspect(names);
    } catch (error) {
      if (isAbsent(error)) return;
      throw error;
    }
    throw new P9Error("EEXIST", "Cannot make link: name is taken");
  }
}

/** File systems without hard links. */
function isUnsupported(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === ERRNO.EPERM || errno === ERRNO.EOPNOTSUPP ||
    errno === ERRNO.ENOSYS;
}

function draftName(): string {
  const random = crypto.getRandomValues(new Uint8Array(8));
  return `.janus-link-${random.toHex()}`;
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decode(bytes: Uint8Array | undefined): string | undefined {
  try {
    const text = UTF8.decode(bytes);
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}
