/**
 * The jail: no path that the server gives to the host leads out of the shared
 * folder, whatever links lie in it.
 *
 * Deno has no openat(), so operations take paths, and the host would follow a
 * link in one. Therefore every folder on the way is looked at before an
 * operation and once more after it, and what was opened is compared with what
 * was looked at. The guest's requests are carried out one at a time on one
 * thread, so that between look and use only other programs of the host can
 * act: what they did shows in the second look, and the request fails.
 *
 * What remains: a program of the host that puts a link in a folder's place in
 * just that moment can make a file appear, disappear, or change its
 * permissions or times where the link leads. No content can be read or
 * changed that way.
 * A second emulator whose guest shares the same folder is such a program if
 * the host has put links into the folder: no guest can make one.
 *
 * @module
 */
import { closeSync, constants, fchmodSync, openSync } from "node:fs";
import { P9Error } from "./errno.ts";
import { isFile, isFolder, typeName } from "./file_mode.ts";
import {
  attributesOfDescriptor,
  attributesOfInfo,
  type HostAttributes,
  sameFile,
} from "./host_attributes.ts";

/** NAME_MAX of Linux, in bytes. */
export const NAME_BYTES = 255;

/** How the guard looks at the host. Tests act between two looks. */
export interface HostEyes {
  /** Of the path itself, never of what a link there leads to. */
  look(path: string): Deno.FileInfo;
}

const HOST_EYES: HostEyes = { look: (path) => Deno.lstatSync(path) };

/** Something that was opened. Whoever has it closes the descriptor. */
export interface Opened {
  readonly descriptor: number;
  /** As they were when it was opened. */
  readonly attributes: HostAttributes;
}

/** A way through folders, as it was found. */
type Way = readonly HostAttributes[];

/**
 * Throws P9Error for what cannot be a name in a folder. All names of the
 * guest's come through here.
 */
export function checkName(name: string): void {
  if (name === "" || name === "." || name === "..") {
    throw new P9Error("EINVAL", `Cannot use name: not a name: "${name}"`);
  }
  if (name.includes("/") || name.includes("\0")) {
    throw new P9Error("EINVAL", "Cannot use name: it has a slash or NUL");
  }
  // No UTF-16 unit becomes more than three bytes.
  const short = 3 * name.length <= NAME_BYTES;
  if (!short && new TextEncoder().encode(name).length > NAME_BYTES) {
    throw new P9Error("ENAMETOOLONG", "Cannot use name: over 255 bytes");
  }
}

/** Keeps operations inside one folder. Paths are names from there on. */
export class PathGuard {
  readonly #folder: string;
  readonly #eyes: HostEyes;
  readonly #root: HostAttributes;

  /** Throws TypeError where the path is no folder, or whatever Deno throws. */
  constructor(folder: string, eyes: HostEyes = HOST_EYES) {
    this.#folder = folder.replace(/\/+$/, "");
    this.#eyes = eyes;
    this.#root = this.#lookAtRoot();
    if (!isFolder(this.#root)) {
      throw new TypeError(`Cannot share folder: not a folder: ${folder}`);
    }
  }

  /** Attributes of what a path leads to. A link is not followed. */
  inspect(names: readonly string[]): HostAttributes {
    return this.#within(names.slice(0, -1), () => this.#look(names));
  }

  /**
   * Does something with the host's path of a name that need not exist, after
   * and before a look at the folders on its way. The work must not follow a
   * link that the path itself may be.
   */
  at<T>(names: readonly string[], work: (path: string) => T): T {
    const last = names.at(-1);
    if (last === undefined) {
      throw new P9Error("EBUSY", "Cannot change the shared folder itself");
    }
    checkName(last);
    return this.#within(names.slice(0, -1), () => work(this.#path(names)));
  }

  /**
   * As `at()`, for a path that is itself a folder and must be one. The work
   * can look at what is in the folder.
   */
  inside<T>(
    names: readonly string[],
    work: (path: string, look: (name: string) => HostAttributes) => T,
  ): T {
    const path = this.#path(names);
    const look = (name: string) => {
      checkName(name);
      return attributesOfInfo(this.#eyes.look(`${path}/${name}`));
    };
    return this.#within(names, () => work(path, look));
  }

  /**
   * Opens a file, or a folder, that exists, with flags of the host's
   * `open()`. Nothing but files and folders is ever opened: a device would do
   * something, a pipe would wait.
   */
  open(names: readonly string[], flags: number): Opened {
    const folders = names.slice(0, -1);
    const way = this.#survey(folders);
    const expected = this.#look(names);
    if (!isFile(expected) && !isFolder(expected)) {
      throw new P9Error("EPERM", `Cannot open a ${typeName(expected.mode)}`);
    }
    const descriptor = openSync(this.#path(names), safeFlags(flags));
    return closedIfThrows(descriptor, () => {
      const attributes = attributesOfDescriptor(descriptor);
      this.#confirm(folders, way);
      const unchanged = sameFile(attributes, expected) &&
        sameFile(attributes, this.#look(names));
      if (!unchanged) throw stale();
      return { descriptor, attributes };
    });
  }

  /**
   * Makes a file and opens it; its permissions are the mode's, whatever the
   * emulator's umask. Throws EEXIST where there is anything of the name.
   */
  create(names: readonly string[], flags: number, mode: number): Opened {
    return this.at(names, (path) => {
      const exclusive = flags | constants.O_CREAT | constants.O_EXCL;
      const descriptor = openSync(path, safeFlags(exclusive), mode);
      return closedIfThrows(descriptor, () => {
        const created = attributesOfDescriptor(descriptor);
        const ours = isFile(created) && sameFile(created, this.#look(names));
        if (!ours) throw stale();
        if ((created.mode & 0o7777) === mode) {
          return { descriptor, attributes: created };
        }
        fchmodSync(descriptor, mode);
        return { descriptor, attributes: attributesOfDescriptor(descriptor) };
      });
    });
  }

  #within<T>(folders: readonly string[], work: () => T): T {
    const way = this.#survey(folders);
    const result = work();
    this.#confirm(folders, way);
    return result;
  }

  /** Looks at the folders on a way: real ones, all of them. */
  #survey(folders: readonly string[]): Way {
    const root = this.#lookAtRoot();
    if (!sameFile(root, this.#root)) throw stale();
    const way = [root];
    let path = this.#folder;
    for (const name of folders) {
      checkName(name);
      path += `/${name}`;
      const found = attributesOfInfo(this.#eyes.look(path));
      if (!isFolder(found)) {
        throw new P9Error(
          "ENOTDIR",
          `Cannot go on from a ${typeName(found.mode)}`,
        );
      }
      way.push(found);
    }
    return way;
  }

  #confirm(folders: readonly string[], before: Way): void {
    const after = this.#survey(folders);
    const holds = after.every((found, index) => {
      const expected = before[index];
      return expected !== undefined && sameFile(found, expected);
    });
    if (!holds) throw stale();
  }

  #path(names: readonly string[]): string {
    return [this.#folder, ...names].join("/") || "/";
  }

  #look(names: readonly string[]): HostAttributes {
    const last = names.at(-1);
    if (last === undefined) return this.#lookAtRoot();
    checkName(last);
    return attributesOfInfo(this.#eyes.look(this.#path(names)));
  }

  /** A link in the shared folder's own path is its owner's business. */
  #lookAtRoot(): HostAttributes {
    return attributesOfInfo(Deno.statSync(this.#folder || "/"));
  }
}

/** Something on the host changed during an operation. */
function stale(): P9Error {
  return new P9Error(
    "ESTALE",
    "Cannot carry request out: path changed on the host meanwhile",
  );
}

/**
 * Deno resolves links before it opens, so O_NOFOLLOW does not do what it
 * says; O_NONBLOCK keeps a pipe that came just now from stopping the machine.
 */
function safeFlags(flags: number): number {
  return flags | constants.O_NONBLOCK | constants.O_NOFOLLOW;
}

function closedIfThrows<T>(descriptor: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}
