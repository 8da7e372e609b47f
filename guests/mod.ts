/**
 * Recipes that obtain guests.
 *
 * - {@linkcode prepareDebianGuest}: Debian's stock kernel, fetched by apt.
 * - {@linkcode prepareDebianDisk}: the same with Debian's user space on a disk.
 * - {@linkcode labGuest}: a bare-metal program of ours, always there.
 * - {@linkcode buildKernel}: the small kernel in either byte order, compiled.
 * - {@linkcode readyGuest}: kernels that somebody has built before, for tests.
 *
 * @module
 */

export * from "./cache.ts";
export { defaultCacheDir } from "./cache_folder.ts";
export { ToolFailedError, ToolMissingError } from "./command.ts";
export { gunzip, gzip, MAX_UNPACKED, unpackXz } from "./compression.ts";
export * from "./cpio.ts";
export * from "./debian.ts";
export * from "./debian_virtio.ts";
export {
  isDebianDiskCached,
  type PreparedDiskGuest,
  prepareDebianDisk,
  type PrepareDebianDiskOptions,
} from "./debian_disk.ts";
export { checkDisk, copyDisk } from "./disk_image.ts";
export { buildProgramArchive, PROGRAM_FOLDER } from "./disk_init.ts";
export * from "./initramfs.ts";
export { buildKernel } from "./kernel.ts";
export type { ModuleFile } from "./kernel_module.ts";
export type { BuildKernelOptions, KernelByteOrder } from "./kernel_build.ts";
export * from "./lab.ts";
export * from "./progress.ts";
