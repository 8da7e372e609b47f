/**
 * Fids: the guest's handles to places in the shared folder, open or not.
 *
 * @module
 */
import { P9Error } from "./errno.ts";
import type { Limits } from "./limits.ts";
import { OpenFile } from "./open_file.ts";
import type { PathNode, PathTree } from "./path_tree.ts";

/** A folder that is being read: its names as they were when it began. */
export class OpenFolder {
  /** Undefined before the first Treaddir. */
  names: readonly string[] | undefined;

  constructor(names?: readonly string[]) {
    this.names = names;
  }
}

/** A handle of the guest's. */
export class Fid {
  readonly node: PathNode;
  open: OpenFile | OpenFolder | undefined;
  /** Was open before a restore that could not find its file again. */
  readonly lost: boolean;

  constructor(node: PathNode, lost = false) {
    this.node = node;
    this.lost = lost;
  }
}

/** All fids of a share, by the guest's numbers. */
export class FidTable {
  readonly #tree: PathTree;
  readonly #limits: Limits;
  readonly #fids = new Map<number, Fid>();
  #files = 0;
  #names = 0;

  constructor(tree: PathTree, limits: Limits) {
    this.#tree = tree;
    this.#limits = limits;
  }

  entries(): IterableIterator<[number, Fid]> {
    return this.#fids.entries();
  }

  /** A fid, even one that is lost; undefined where there is none. */
  find(number: number): Fid | undefined {
    return this.#fids.get(number);
  }

  /** Throws EBADF where there is none, ESTALE where a restore lost its file. */
  get(number: number): Fid {
    const fid = this.#fids.get(number);
    if (fid === undefined) {
      throw new P9Error("EBADF", `Cannot find fid: ${number}`);
    }
    if (fid.lost) {
      throw new P9Error("ESTALE", "Cannot use fid: its file was not restored");
    }
    return fid;
  }

  /** The fid's open file. Throws EISDIR for a folder, EBADF if it is not open. */
  file(number: number): OpenFile {
    const { open } = this.get(number);
    if (open instanceof OpenFile) return open;
    throw open === undefined
      ? new P9Error("EBADF", `Cannot use fid: not open: ${number}`)
      : new P9Error("EISDIR", `Cannot use fid: a folder: ${number}`);
  }

  /** Throws EINVAL where the number is taken, ENFILE where there are too many. */
  checkFree(number: number): void {
    if (this.#fids.has(number)) {
      throw new P9Error(
        "EINVAL",
        `Cannot make fid: number is taken: ${number}`,
      );
    }
    if (this.#fids.size >= this.#limits.fids) {
      throw new P9Error("ENFILE", `Cannot make fid: ${this.#fids.size} are`);
    }
  }

  add(number: number, fid: Fid): void {
    this.checkFree(number);
    this.#tree.hold(fid.node);
    this.#fids.set(number, fid);
  }

  /** The number gets another place. The old fid must not be open. */
  replace(number: number, fid: Fid): void {
    const old = this.#fids.get(number);
    this.#tree.hold(fid.node);
    this.#fids.set(number, fid);
    if (old !== undefined) this.#tree.release(old.node);
  }

  /** Throws EMFILE where no further file may be open. */
  checkMayOpen(): void {
    if (this.#files >= this.#limits.files) {
      throw new P9Error("EMFILE", `Cannot open file: ${this.#files} are open`);
    }
  }

  /** The fid's file is open from now on, until the fid is dropped. */
  opened(fid: Fid, file: OpenFile): void {
    fid.open = file;
    fid.node.files.add(file);
    this.#files++;
  }

  /** A folder's names were read. Throws ENOMEM where there are too many. */
  listed(folder: OpenFolder, names: readonly string[]): void {
    const others = this.#names - (folder.names?.length ?? 0);
    if (others + names.length > this.#limits.names) {
      throw new P9Error("ENOMEM", `Cannot list folder: ${names.length} names`);
    }
    this.#names = others + names.length;
    folder.names = names;
  }

  /** Forgets a fid and closes what it had open. Throws EBADF, or what closing throws. */
  drop(number: number): Fid {
    const fid = this.#fids.get(number);
    if (fid === undefined) {
      throw new P9Error("EBADF", `Cannot find fid: ${number}`);
    }
    this.#fids.delete(number);
    const { node, open } = fid;
    if (open instanceof OpenFolder) this.#names -= open.names?.length ?? 0;
    if (open instanceof OpenFile) {
      node.files.delete(open);
      this.#files--;
    }
    this.#tree.release(node);
    if (open instanceof OpenFile) open.close();
    return fid;
  }
}
