/**
 * The guest of our own: a small bare-metal program that checks the partition it runs in. Its
 * image is part of the project, so it is always there.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/** A guest that needs no initramfs. */
export interface BareGuest {
  /** Path of the image, an ELF file. */
  kernel: string;
  /** The command line, which it does not look at. */
  append: string;
}

/** How the last line on the lab's console begins; the numbers of checks follow. */
export const LAB_DONE = "LAB DONE:";

/**
 * Finds the lab guest.
 *
 * @returns Where it is.
 */
export function labGuest(): BareGuest {
  const image = new URL("lab/lab.elf", import.meta.url);
  return { kernel: fileURLToPath(image), append: "" };
}
