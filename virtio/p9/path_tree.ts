/**
 * The paths that fids stand for, as a tree: a folder that is renamed takes
 * along whatever fids are below it.
 *
 * @module
 */
import { P9Error } from "./errno.ts";
import type { OpenFile } from "./open_file.ts";

/** A place in the shared folder that at least one fid stands for or lies below. */
export class PathNode {
  /** Undefined for the shared folder, and for what is gone. */
  parent: PathNode | undefined;
  name: string;
  readonly children = new Map<string, PathNode>();
  /** Open through a fid of this place: they outlive the name. */
  readonly files = new Set<OpenFile>();
  /** Fids that stand for it. */
  holders = 0;

  constructor(parent: PathNode | undefined, name: string) {
    this.parent = parent;
    this.name = name;
  }
}

/** All such places of a share. */
export class PathTree {
  readonly root: PathNode = new PathNode(undefined, "");

  /** The place below another by its names. Somebody must `hold()` it. */
  below(start: PathNode, names: readonly string[]): PathNode {
    let node = start;
    for (const name of names) {
      let child = node.children.get(name);
      if (child === undefined) {
        child = new PathNode(node, name);
        node.children.set(name, child);
      }
      node = child;
    }
    return node;
  }

  /** The place that names lead to; undefined where nobody holds it. */
  find(names: readonly string[]): PathNode | undefined {
    let node: PathNode | undefined = this.root;
    for (const name of names) node = node?.children.get(name);
    return node;
  }

  /** A place that no path leads to: its file was deleted before a restore. */
  nowhere(): PathNode {
    return new PathNode(undefined, "");
  }

  hold(node: PathNode): void {
    node.holders++;
  }

  release(node: PathNode): void {
    node.holders--;
    let leaf = node;
    while (leaf.holders === 0 && leaf.children.size === 0 && leaf.parent) {
      const { parent, name } = leaf;
      parent.children.delete(name);
      leaf = parent;
    }
  }

  /**
   * Names from the shared folder to a place; undefined where the guest
   * deleted it, or a folder above it.
   */
  names(node: PathNode): string[] | undefined {
    const names: string[] = [];
    let at = node;
    while (at.parent !== undefined) {
      names.push(at.name);
      at = at.parent;
    }
    return at === this.root ? names.reverse() : undefined;
  }

  /** As `names()`. Throws ENOENT where there are none. */
  namesOf(node: PathNode): string[] {
    const names = this.names(node);
    if (names === undefined) {
      throw new P9Error("ENOENT", "Cannot use fid: its file was deleted");
    }
    return names;
  }

  /** The name was deleted from the folder. */
  removed(folder: PathNode, name: string): void {
    const node = folder.children.get(name);
    if (node === undefined) return;
    folder.children.delete(name);
    node.parent = undefined;
  }

  /** The name moved, and what had the new one before is gone. */
  moved(
    from: { folder: PathNode; name: string },
    to: { folder: PathNode; name: string },
  ): void {
    const node = from.folder.children.get(from.name);
    this.removed(to.folder, to.name);
    if (node === undefined) return;
    from.folder.children.delete(from.name);
    node.parent = to.folder;
    node.name = to.name;
    to.folder.children.set(to.name, node);
  }
}
