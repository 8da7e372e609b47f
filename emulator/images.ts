import { placeElf } from "../machine/boot/load_elf.ts";
import { parseElf } from "../machine/boot/elf.ts";
import { planLayout } from "../machine/boot/layout.ts";

/** What a guest is booted from. */
export interface Images {
  /** An ELF file. */
  readonly kernel: Uint8Array;
  /** An initial ramdisk. */
  readonly initrd?: Uint8Array;
}

/** At least what the machine needs for each of device tree and RTAS. */
const PLATFORM_BYTES = 1 << 20;

/**
 * Checks that a guest can be loaded, before a machine is built for it.
 *
 * @throws {SyntaxError} If the kernel is not an ELF file, or contradicts itself
 * @throws {TypeError} If it is one of another kind
 * @throws {RangeError} If something is truncated, or memory is too small
 */
export function checkImages(images: Images, memoryBytes: number): void {
  const kernel = placeElf(parseElf(images.kernel), { memoryBytes });
  planLayout({
    memoryBytes,
    kernel,
    deviceTreeBytes: PLATFORM_BYTES,
    rtasBytes: PLATFORM_BYTES,
    ...images.initrd && { initrdBytes: images.initrd.length },
  });
}
