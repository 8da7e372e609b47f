/**
 * Kernels and initramfs images that the boot tests start: Debian's from apt or
 * from the cache, the small kernels from the folder of ready guests.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { readyGuest, readyGuestsFolder } from "../../guests/cache.ts";
import {
  isDebianGuestCached,
  isDebianGuestObtainable,
  prepareDebianGuest,
  type PreparedGuest,
} from "../../guests/debian.ts";

/** Kept from run to run, so that only the first one has to fetch and unpack. */
export const CACHE = fileURLToPath(
  new URL("../../.cache/janus", import.meta.url),
);

/** A kernel in memory, with what goes along. */
export interface LoadedGuest {
  readonly kernel: Uint8Array;
  readonly initrd?: Uint8Array;
  readonly append: string;
}

/** A guest that a boot test starts. */
export interface TestGuest {
  readonly name: "debian" | "le" | "be";
  /** What `uname -m` prints in it. */
  readonly machine: "ppc64le" | "ppc64";
  /** Why it is not to be had, or "". Part of the names of tests. */
  readonly missing: string;
  /** The files, read at most once. */
  load(): Promise<LoadedGuest>;
}

function lazily(
  prepare: () => Promise<PreparedGuest | null>,
): () => Promise<LoadedGuest> {
  let loaded: Promise<LoadedGuest> | undefined;
  return () => loaded ??= read(prepare);
}

async function read(
  prepare: () => Promise<PreparedGuest | null>,
): Promise<LoadedGuest> {
  const guest = await prepare();
  if (!guest) throw new Error("Cannot load guest: there is none");
  return {
    kernel: await Deno.readFile(guest.kernel),
    initrd: await Deno.readFile(guest.initrd),
    append: guest.append,
  };
}

const debianMissing =
  await isDebianGuestCached(CACHE) || await isDebianGuestObtainable()
    ? ""
    : " [SKIPPED, NO DEBIAN KERNEL: neither cached nor apt here]";
const readyMissing = readyGuestsFolder() !== null
  ? ""
  : " [SKIPPED, NO READY GUESTS: JANUS_GUESTS does not name their folder]";

/** Debian's stock kernel. */
export const DEBIAN: TestGuest = {
  name: "debian",
  machine: "ppc64le",
  missing: debianMissing,
  load: lazily(() =>
    prepareDebianGuest({
      cacheDir: CACHE,
      signal: AbortSignal.timeout(300_000),
    })
  ),
};

/** The small little-endian kernel. */
export const LE: TestGuest = {
  name: "le",
  machine: "ppc64le",
  missing: readyMissing,
  load: lazily(() => readyGuest("le", { cacheDir: CACHE })),
};

/** The small big-endian kernel. */
export const BE: TestGuest = {
  name: "be",
  machine: "ppc64",
  missing: readyMissing,
  load: lazily(() => readyGuest("be", { cacheDir: CACHE })),
};

/** A test that boots a guest; without the guest its name says so. */
export function bootTest(
  name: string,
  guest: TestGuest,
  run: (loaded: LoadedGuest) => void | Promise<void>,
): void {
  Deno.test({
    name: name + guest.missing,
    ignore: guest.missing !== "",
    fn: async () => await run(await guest.load()),
  });
}

/** As `LE` and `BE`, with an initramfs that tries virtio devices. */
export const VIRTIO_LE: TestGuest = {
  ...LE,
  load: lazily(() =>
    readyGuest("le", { cacheDir: CACHE, initramfs: "virtio" })
  ),
};

/** See `VIRTIO_LE`. */
export const VIRTIO_BE: TestGuest = {
  ...BE,
  load: lazily(() =>
    readyGuest("be", { cacheDir: CACHE, initramfs: "virtio" })
  ),
};
