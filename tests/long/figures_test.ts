// The figures that the specification promises, measured beside QEMU. They need
// a host that has little else to do.
import assert from "node:assert/strict";
import { measureRest } from "../../bench/at_rest.ts";
import { benchBoot } from "../../bench/boot.ts";
import { type BenchGuest, janus, qemuVersion } from "../../bench/emulator.ts";
import {
  isDebianGuestCached,
  isDebianGuestObtainable,
  prepareDebianGuest,
} from "../../guests/debian.ts";
import { CACHE } from "../boot/guests.ts";

const MEGABYTE = 1e6;

/** What lies in one mapping with guest memory, without being it. */
const ALONGSIDE = 40 * MEGABYTE;

const obtainable = await isDebianGuestCached(CACHE) ||
  await isDebianGuestObtainable();
const missing = [
  ...obtainable ? [] : ["NO DEBIAN KERNEL"],
  ...Deno.build.os === "linux" ? [] : ["NOT LINUX"],
];

function measure(
  name: string,
  options: { needsQemu: boolean },
  run: (guest: BenchGuest) => Promise<void>,
): void {
  const lacks = options.needsQemu && qemuVersion() === undefined
    ? [...missing, "NO QEMU"]
    : missing;
  Deno.test({
    name: lacks.length > 0 ? `${name} [SKIPPED, ${lacks.join(", ")}]` : name,
    ignore: lacks.length > 0,
    fn: async () => {
      await run(
        await prepareDebianGuest({
          cacheDir: CACHE,
          signal: AbortSignal.timeout(300_000),
        }),
      );
    },
  });
}

measure("Debian's kernel boots in at most 5 times the time that QEMU takes", {
  needsQemu: true,
}, async (guest) => {
  const { ratio, text } = await benchBoot(guest, {
    pairs: 3,
    peer: true,
    onSample: () => {},
  });
  assert(ratio !== undefined && ratio <= 5, text);
});

measure(
  "an idle guest takes less than 10 % of a core and 400 MB beside its memory",
  {
    needsQemu: false,
  },
  async (guest) => {
    const { cpuShare, residentBytes, largestMappingBytes } = await measureRest(
      janus(guest),
      { seconds: 10 },
    );
    assert(cpuShare < 0.1, `${cpuShare}`);
    const beside = residentBytes - largestMappingBytes;
    assert(beside < 400 * MEGABYTE - ALONGSIDE, `${beside}`);
  },
);
