/**
 * The folder where recipes keep what they made, and how they put things there.
 *
 * @module
 */

import { join } from "node:path";

const STALE_MS = 24 * 60 * 60 * 1000;
const WORK_PREFIX = ".work-";

/**
 * Where guests are kept unless told: `$XDG_CACHE_HOME/janus`, or `~/.cache/janus`
 * (XDG Base Directory Specification).
 *
 * @returns An absolute path, which need not exist.
 * @throws {Error} If the environment names neither folder.
 */
export function defaultCacheDir(): string {
  const xdg = Deno.env.get("XDG_CACHE_HOME");
  // The specification says that a relative path is to be ignored.
  if (xdg !== undefined && xdg.startsWith("/")) return join(xdg, "janus");
  const home = Deno.env.get("HOME");
  if (home !== undefined && home.startsWith("/")) {
    return join(home, ".cache", "janus");
  }
  throw new Error(
    "Cannot find the cache folder: neither XDG_CACHE_HOME nor HOME is an absolute path",
  );
}

/**
 * Tells whether a file is there and not empty.
 *
 * @param path The file.
 * @returns Whether it can be used as something kept.
 */
export async function isKept(path: string): Promise<boolean> {
  try {
    const info = await Deno.stat(path);
    return info.isFile && info.size > 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Puts bytes at a path so that no reader ever sees half a file: under another name first.
 *
 * @param path The file to make or replace; its folder must exist.
 * @param data The content.
 */
export async function keepBytes(path: string, data: Uint8Array) {
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    await Deno.writeFile(temporary, data);
    await Deno.rename(temporary, path);
  } catch (error) {
    await removeIfThere(temporary);
    throw error;
  }
}

/**
 * Puts a file at a path so that no reader ever sees half of it, also when the two paths are on
 * different file systems.
 *
 * @param source The file to copy.
 * @param path The file to make or replace; its folder must exist.
 */
export async function keepFile(source: string, path: string) {
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    await Deno.copyFile(source, temporary);
    await Deno.chmod(temporary, 0o644);
    await Deno.rename(temporary, path);
  } catch (error) {
    await removeIfThere(temporary);
    throw error;
  }
}

/**
 * Puts a folder at a path at once, with all that it holds. Where there is one already it stays:
 * somebody else was quicker.
 *
 * @param source The folder, inside the cache, so that it need not be copied.
 * @param path Where to put it.
 */
export async function keepFolder(source: string, path: string) {
  try {
    await Deno.rename(source, path);
  } catch (error) {
    if (!await isFolder(path)) throw error;
  }
}

/**
 * Makes a private folder inside the cache, hands it to `work`, and removes it whatever happens.
 * What an earlier run left behind because it was killed is removed too, once it is a day old.
 *
 * @param cacheDir The cache folder, made if need be.
 * @param work What to do in the private folder.
 * @returns What `work` returned.
 */
export async function withWorkFolder<T>(
  cacheDir: string,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  await Deno.mkdir(cacheDir, { recursive: true });
  await removeStale(cacheDir);
  const folder = join(cacheDir, WORK_PREFIX + crypto.randomUUID());
  await Deno.mkdir(folder);
  try {
    return await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function removeStale(cacheDir: string) {
  for await (const entry of Deno.readDir(cacheDir)) {
    if (!entry.isDirectory || !entry.name.startsWith(WORK_PREFIX)) continue;
    const folder = join(cacheDir, entry.name);
    const { mtime } = await Deno.stat(folder);
    if (mtime !== null && Date.now() - mtime.getTime() > STALE_MS) {
      await Deno.remove(folder, { recursive: true });
    }
  }
}

async function removeIfThere(path: string) {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
