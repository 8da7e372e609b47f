/**
 * What the requests of one share work on.
 *
 * @module
 */
import { errnoOf, P9Error } from "./errno.ts";
import { type Fid, FidTable } from "./fid.ts";
import type { HostAttributes } from "./host_attributes.ts";
import { LIMITS, type Limits } from "./limits.ts";
import { MappedLinks } from "./links.ts";
import { LockTable } from "./lock_table.ts";
import type { Qid } from "./message.ts";
import { OpenFile } from "./open_file.ts";
import { type HostEyes, PathGuard } from "./path_guard.ts";
import { PathTree } from "./path_tree.ts";
import { QidMaker } from "./qid.ts";

/** A folder of the host that a guest may use. */
export interface ShareOptions {
  /** The folder. Links in its own path are followed once, here. */
  readonly folder: string;
  /** Default false: the guest may change what is in it. */
  readonly readonly?: boolean;
  /**
   * What becomes of symbolic links that the guest makes: `mapped` (default)
   * keeps them as files that only Janus takes for links, `refused` refuses.
   */
  readonly links?: "mapped" | "refused";
  /** Default: `LIMITS`. */
  readonly limits?: Partial<Limits>;
  /** How the host is looked at. For tests. */
  readonly eyes?: HostEyes;
}

/** A share and the session that a guest has with it. */
export class Share {
  readonly guard: PathGuard;
  readonly qids: QidMaker;
  readonly links: MappedLinks;
  readonly tree: PathTree = new PathTree();
  readonly fids: FidTable;
  readonly locks: LockTable;
  readonly readonly: boolean;
  readonly makesLinks: boolean;
  /** Agreed on by Tversion; 0 before. */
  messageSize = 0;

  /** Throws TypeError for what is no folder, and what Deno throws. */
  constructor(options: ShareOptions) {
    const limits = { ...LIMITS, ...options.limits };
    this.guard = new PathGuard(options.folder, options.eyes);
    this.qids = new QidMaker(this.guard.inspect([]).device);
    this.links = new MappedLinks(this.guard);
    this.fids = new FidTable(this.tree, limits);
    this.locks = new LockTable(limits.locks);
    this.readonly = options.readonly ?? false;
    this.makesLinks = (options.links ?? "mapped") === "mapped";
  }

  /** Throws EROFS where nothing may change. */
  checkWritable(): void {
    if (this.readonly) {
      throw new P9Error("EROFS", "Cannot change share: it is read-only");
    }
  }

  /** Names from the shared folder to a fid's file. Throws ENOENT, EBADF. */
  names(fid: number): string[] {
    return this.tree.namesOf(this.fids.get(fid).node);
  }

  /** As the guest sees what is at a path. */
  look(names: readonly string[]): HostAttributes {
    return this.links.seen(names, this.guard.inspect(names));
  }

  /**
   * A handle to a fid's file: its own, or where the guest deleted the file,
   * one of another fid's.
   */
  openFileOf({ node, open }: Fid): OpenFile | undefined {
    if (open instanceof OpenFile) return open;
    if (this.tree.names(node) !== undefined) return undefined;
    const [file] = node.files;
    return file;
  }

  /** As the guest sees a fid's file. */
  attributes(fid: Fid): HostAttributes {
    return this.openFileOf(fid)?.attributes() ??
      this.look(this.tree.namesOf(fid.node));
  }

  qid(attributes: HostAttributes): Qid {
    return this.qids.qid(attributes, attributes.mode);
  }

  /** Forgets a fid, what it has open, and its locks. */
  drop(number: number): void {
    this.locks.releaseFid(number);
    this.fids.drop(number);
  }

  /** Forgets everything that belongs to the guest's session. */
  clear(): void {
    this.messageSize = 0;
    for (const [number] of [...this.fids.entries()]) {
      try {
        this.drop(number);
      } catch (error) {
        // The fid is gone, and there is nobody to tell what its close said.
        if (errnoOf(error) === undefined) throw error;
      }
    }
  }
}
