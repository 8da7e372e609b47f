/**
 * Where the accesses of a block find their pages without asking the software
 * TLB, and when that is no longer to be trusted.
 *
 * @module
 */
import type { Code, Local } from "../../wasm/code.ts";
import { accessGroups } from "./access_groups.ts";
import type { AccessGroup } from "./based_access.ts";
import type { Block } from "./blocks.ts";
import type { CheckedAccess } from "./checked_access.ts";
import type { CachedAccess, LocatedGroup } from "./emitter.ts";
import { PageCaches } from "./page_cache.ts";
import type { RegionParts } from "./region_parts.ts";

/** The accesses of the block that is being written. */
export class BlockAccesses {
  readonly #code: Code;
  readonly #checked: CheckedAccess;
  /** Whether other vCPUs run at once. */
  readonly #concurrent: boolean;
  readonly #caches: PageCaches;
  #number = 0;
  #groups: ReadonlyMap<number, AccessGroup> = new Map();
  /** Addresses in the shared memory of groups of accesses. */
  readonly #hosts = new Map<AccessGroup, Local>();

  constructor(code: Code, parts: RegionParts) {
    this.#code = code;
    this.#checked = parts.checked;
    this.#concurrent = parts.runtime.layout.concurrent;
    this.#caches = new PageCaches(code, parts.region.blocks, parts);
  }

  startBlock(number: number, { body }: Block): void {
    this.#number = number;
    this.#groups = accessGroups(body);
    this.#hosts.clear();
  }

  /** What an instruction has at hand, by its place in the block. */
  of(at: number): CachedAccess {
    return {
      located: this.#located(at),
      checked: (kind, bytes) => this.#checked.get(kind, bytes),
      page: (access) => this.#caches.get(access, this.#number),
      slow: () => this.slow(),
    };
  }

  /** The group that an access is of. */
  #located(at: number): LocatedGroup | undefined {
    const group = this.#groups.get(at);
    if (!group) return undefined;
    let host = this.#hosts.get(group);
    const isFirst = host === undefined;
    host ??= this.#code.local("i32");
    this.#hosts.set(group, host);
    return { group, host, isFirst };
  }

  /** Behind a slow path, where other vCPUs may have been let through. */
  slow(): void {
    if (!this.#concurrent) return;
    this.#caches.reset("write");
    for (const [{ kind }, host] of this.#hosts) {
      if (kind === "read") continue;
      this.#code.i32(0);
      this.#code.set(host);
    }
  }

  /** Behind what may have changed translations; no group goes across it. */
  forget(): void {
    this.#caches.reset();
  }
}
