import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import {
  isDebianGuestCached,
  isDebianGuestObtainable,
  prepareDebianGuest,
} from "../../guests/debian.ts";
import { READY_MARK } from "../../guests/initramfs.ts";
import { hasQemu, Qemu } from "./_qemu.ts";

/** Kept from run to run, so that only the first one needs the network. */
const CACHE = fileURLToPath(new URL("../../.cache/janus", import.meta.url));

const obtainable = await isDebianGuestCached(CACHE) ||
  await isDebianGuestObtainable();
const noGuest = obtainable
  ? ""
  : " (SKIPPED: no apt with sources for ppc64el here)";
const noQemu = noGuest !== ""
  ? noGuest
  : await hasQemu()
  ? ""
  : " (SKIPPED: qemu-system-ppc64 is not installed)";

Deno.test(`prepareDebianGuest() gets a little-endian POWER kernel${noGuest}`, {
  ignore: noGuest !== "",
}, async () => {
  const guest = await prepareDebianGuest({
    cacheDir: CACHE,
    signal: AbortSignal.timeout(120_000),
  });
  using kernel = await Deno.open(guest.kernel);
  const header = new Uint8Array(20);
  await kernel.read(header);
  const view = new DataView(header.buffer);
  assert.equal(view.getUint32(0), 0x7f454c46);
  assert.equal(header[5], 1); // EI_DATA: least significant byte first
  assert.equal(view.getUint16(18, true), 21); // e_machine: 64-bit PowerPC
  assert.equal(await isDebianGuestCached(CACHE), true);
});

Deno.test(`prepareDebianGuest() gives what boots to a shell on QEMU${noQemu}`, {
  ignore: noQemu !== "",
}, async () => {
  const guest = await prepareDebianGuest({
    cacheDir: CACHE,
    signal: AbortSignal.timeout(120_000),
  });
  await using vm = new Qemu({
    cpu: "POWER9",
    vof: true,
    args: [
      "-kernel",
      guest.kernel,
      "-initrd",
      guest.initrd,
      "-append",
      guest.append,
    ],
    timeLimitMs: 60_000,
  });
  await vm.expect(READY_MARK);
  await vm.expect("# ");
  await vm.type("uname -m\n");
  await vm.expect("ppc64le");
});
