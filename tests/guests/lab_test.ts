import assert from "node:assert/strict";
import { join } from "node:path";
import { LAB_DONE, labGuest } from "../../guests/lab.ts";
import {
  buildLab,
  installedToolchain,
  LAB_TOOLCHAIN,
} from "../../guests/lab/build.ts";
import { hasQemu, Qemu } from "./_qemu.ts";
import { withTempFolder } from "./_temp_folder.ts";

const toolchain = await installedToolchain();
const noToolchain = toolchain === LAB_TOOLCHAIN
  ? ""
  : ` (SKIPPED: needs ${LAB_TOOLCHAIN}, installed: ${toolchain ?? "none"})`;
const noQemu = await hasQemu()
  ? ""
  : " (SKIPPED: qemu-system-ppc64 is not installed)";

const CHECK = /^(ok|not ok) (\d+) (.*)$/;
/** What QEMU 7.2 is known to take, though PAPR has no such settings. */
const QEMU_ACCEPTS = /H_SET_MODE: AIL [24] answers H_UNSUPPORTED_FLAG/;

/** Checks that a report is whole, and returns the names of what failed. */
function failuresIn(text: string): string[] {
  const lines = text.split(/\r?\n/);
  const checks = lines.flatMap((line) => {
    const [, verdict, number, name] = CHECK.exec(line) ?? [];
    return verdict === undefined ? [] : [{ verdict, number, name: name ?? "" }];
  });
  assert.deepEqual(
    checks.map(({ number }) => Number(number)),
    checks.map((_, index) => index + 1),
  );
  const failed = checks.filter(({ verdict }) => verdict === "not ok");
  assert.equal(
    lines.find((line) => line.startsWith(LAB_DONE)),
    `${LAB_DONE} ${checks.length - failed.length} passed, ` +
      `${failed.length} failed`,
  );
  for (const order of ["big-endian", "little-endian"]) {
    const some = checks.filter(({ name }) => name.startsWith(order));
    assert(some.length > 40, `${order}: ${some.length} checks`);
  }
  return failed.map(({ name }) => name);
}

Deno.test(`buildLab() reproduces lab.elf byte by byte${noToolchain}`, {
  ignore: noToolchain !== "",
}, async () => {
  await withTempFolder(async (work) => {
    const built = await buildLab(work);
    assert.deepEqual(built, await Deno.readFile(labGuest().kernel));
  });
});

Deno.test("labGuest() is a small big-endian ELF file laid out like a kernel", async () => {
  const image = await Deno.readFile(labGuest().kernel);
  const view = new DataView(image.buffer);
  assert.equal(view.getUint32(0), 0x7f454c46);
  assert.equal(image[5], 2); // EI_DATA: most significant byte first
  assert.equal(view.getUint16(18), 21); // e_machine: 64-bit PowerPC
  const entry = view.getBigUint64(24);
  assert.equal(entry, 0xc000_0000_0000_0000n);
  assert.equal(view.getUint16(56), 1); // e_phnum
  const segment = Number(view.getBigUint64(32));
  assert.equal(view.getBigUint64(segment + 16), entry); // p_vaddr
  assert.equal(view.getBigUint64(segment + 24), entry); // p_paddr
  assert(image.length < 32 * 1024);
});

for (const cpu of ["POWER8", "POWER9"] as const) {
  Deno.test(`lab.elf passes on QEMU ${cpu}, entered by firmware${noQemu}`, {
    ignore: noQemu !== "",
  }, async () => {
    await using vm = new Qemu({
      cpu,
      vof: true,
      args: ["-kernel", labGuest().kernel],
      timeLimitMs: 30_000,
    });
    await vm.ended();
    const failed = failuresIn(vm.text);
    assert.deepEqual(failed.filter((name) => !QEMU_ACCEPTS.test(name)), []);
  });
}

Deno.test(`lab.elf passes on QEMU, entered with a device tree${noQemu}`, {
  ignore: noQemu !== "",
}, async () => {
  await withTempFolder(async (folder) => {
    const firmware = join(folder, "firmware");
    await Deno.writeFile(firmware, directEntryFirmware());
    await using vm = new Qemu({
      cpu: "POWER9",
      args: ["-bios", firmware, "-kernel", labGuest().kernel],
      timeLimitMs: 30_000,
    });
    await vm.ended();
    const failed = failuresIn(vm.text);
    assert.deepEqual(failed.filter((name) => !QEMU_ACCEPTS.test(name)), []);
    assert.match(vm.text, /^# memory: 512 MiB\r$/m);
    assert.match(vm.text, /^# model: IBM pSeries/m);
  });
});

/**
 * Firmware that enters a kernel as Janus does. QEMU starts firmware at 0x100 with the device tree
 * in R3, and puts the kernel at 0x400000.
 */
function directEntryFirmware(): Uint8Array {
  const image = new Uint8Array(0x200);
  const view = new DataView(image.buffer);
  const program = [
    0x38a00000, // li r5,0
    0x3c800040, // lis r4,0x40
    0x38c00001, // li r6,1
    0x78c6f806, // sldi r6,r6,63
    0x60c61000, // ori r6,r6,0x1000
    0x7cdb03a6, // mtsrr1 r6
    0x7c9a03a6, // mtsrr0 r4
    0x4c000024, // rfid
  ];
  program.forEach((word, index) => view.setUint32(0x100 + 4 * index, word));
  return image;
}
