/**
 * What Linux's loadable modules say of themselves: strings like `depends=jbd2,crc16` in the
 * section `.modinfo` (Linux, include/linux/moduleparam.h). A package of Debian has the modules but
 * not `modules.dep`, which depmod makes when it is installed.
 *
 * @module
 */

import { join } from "node:path";

/** A module's file, with the name that puts it in its place among others. */
export interface ModuleFile {
  /** Its name without folders, as "ext4.ko". */
  readonly name: string;
  /** The content. */
  readonly data: Uint8Array;
}

/** A module among the files of a kernel package. */
export interface KernelModule {
  /** Path of the file. */
  readonly path: string;
  /** Names of the modules that must be loaded before it, as the kernel spells them. */
  readonly depends: readonly string[];
}

const SUFFIX = ".ko";

/**
 * Reads which modules a module needs.
 *
 * @param module The module, an ELF file.
 * @returns Their names, with underscores as the kernel spells them.
 * @throws {TypeError} If it says nothing of itself, so that it is no module.
 *
 * @example Usage
 * ```ts
 * import { moduleDependencies } from "./kernel_module.ts";
 * import assert from "node:assert/strict";
 *
 * const module = new TextEncoder().encode("\0depends=jbd2,crc16\0name=ext4\0");
 * assert.deepEqual(moduleDependencies(module), ["jbd2", "crc16"]);
 * ```
 */
export function moduleDependencies(module: Uint8Array): string[] {
  // Every byte becomes one character, so that nothing of the code is taken for text of two.
  const text = new TextDecoder("latin1").decode(module);
  const [, depends] = /\0depends=([\w,-]*)\0/.exec(text) ?? [];
  if (depends === undefined) {
    throw new TypeError("Cannot read kernel module: it has no list of others");
  }
  return depends.split(",").filter(Boolean).map(kernelSpelling);
}

/**
 * Finds modules and all that they need.
 *
 * @param folder Where to look, also in folders below; links are passed over.
 * @param wanted Names of modules, as their files or the kernel spell them.
 * @returns Files, each behind those that it needs, in the order of `wanted`.
 * @throws {Error} If one is not there.
 */
export async function findModules(
  folder: string,
  wanted: readonly string[],
): Promise<KernelModule[]> {
  const paths = await modulePaths(folder);
  const order = new Map<string, KernelModule>();
  const add = async (name: string, above: readonly string[]) => {
    if (order.has(name)) return;
    const path = paths.get(name);
    if (path === undefined) {
      throw new Error(`Cannot find kernel module ${name} among the package's`);
    }
    if (above.includes(name)) {
      throw new Error(`Cannot load kernel module ${name}: it needs itself`);
    }
    const depends = moduleDependencies(await Deno.readFile(path));
    for (const other of depends) await add(other, [...above, name]);
    order.set(name, { path, depends });
  };
  for (const name of wanted) await add(kernelSpelling(name), []);
  return [...order.values()];
}

async function modulePaths(folder: string): Promise<Map<string, string>> {
  const paths = new Map<string, string>();
  const folders = [folder];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    for await (const { name, isDirectory, isFile } of Deno.readDir(next)) {
      const path = join(next, name);
      if (isDirectory) folders.push(path);
      if (!isFile || !name.endsWith(SUFFIX)) continue;
      paths.set(kernelSpelling(name.slice(0, -SUFFIX.length)), path);
    }
  }
  return paths;
}

/** The kernel has no dashes in the names of modules, files have. */
function kernelSpelling(name: string): string {
  return name.replaceAll("-", "_");
}
