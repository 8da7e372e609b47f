// What kernels find on the PCI bus, and that their devices' interrupts and DMA
// arrive, each way that there is.
import assert from "node:assert/strict";
import type { MachineOptions } from "../../machine/machine_options.ts";
import type { CommonDeviceOptions } from "../../machine/virtio/options.ts";
import { TestDevice } from "../machine/pci/test_device.ts";
import { EntropyDevice } from "../machine/virtio/entropy_device.ts";
import {
  type Configuration,
  CONFIGURATIONS,
  DEFAULT_CONFIGURATION,
  nameOf,
} from "./configurations.ts";
import { Boot } from "./driver.ts";
import { BE, bootTest, LE, type LoadedGuest } from "./guests.ts";

const POWER8 = CONFIGURATIONS.find(({ cpu }) => cpu === "power8")!;

/** A shell on a machine with a virtio device for entropy and another device. */
function toShell(
  files: LoadedGuest,
  { configuration = DEFAULT_CONFIGURATION, device = {}, append = "" }: {
    configuration?: Configuration;
    device?: CommonDeviceOptions;
    append?: string;
  } = {},
) {
  const options: Pick<MachineOptions, "bootargs"> = {
    bootargs: `${files.append} ${append}`,
  };
  const boot = new Boot(files, { ...configuration, ...options });
  const entropy = new EntropyDevice();
  const { fn } = boot.machine.virtio.add(entropy, { name: "rng0", ...device });
  const probe = new TestDevice();
  boot.machine.pci.add({ name: "probe", face: probe, slot: 5 });
  boot.machine.reset();
  boot.toShell();
  return { boot, entropy, fn, probe };
}

/** Lets the guest read entropy; gives the bytes that it got. */
function readEntropy(boot: Boot, bytes: number): number[] {
  // Short enough for a line of the terminal, whose echo the driver looks for.
  const command = `head -c ${bytes} /dev/hwrng|od -v -A n -t x1`;
  return boot.run(command).split(/\s+/)
    .map((text) => parseInt(text, 16));
}

/** Counts of a line of /proc/interrupts, and what kind it is of. */
function interrupts(boot: Boot, name: string): { count: number; kind: string } {
  const line = boot.run(`grep ${name} /proc/interrupts`);
  const match = /^\d+:\s+(\d+)\s+(.*?)\s+\S+$/.exec(line);
  assert.ok(match, line);
  return { count: Number(match[1]), kind: match[2]!.replace(/\s+/g, " ") };
}

/** Checks that bytes count up, as the device's do. */
function assertCounting(bytes: readonly number[], length: number): void {
  assert.equal(bytes.length, length);
  bytes.forEach((byte, i) =>
    assert.equal(byte, (bytes[0]! + i) % 256, bytes.join(" "))
  );
}

for (const guest of [LE, BE]) {
  for (const configuration of CONFIGURATIONS) {
    bootTest(
      `Linux ${guest.name} uses MSI-X on ${nameOf(configuration)}`,
      guest,
      (files) => {
        const { boot, entropy, fn } = toShell(files, { configuration });
        const listed = boot.run("cat /proc/bus/pci/devices").split("\n")
          .map((line) => line.split("\t").slice(0, 2).join(" "));
        assert.deepEqual(listed, ["0000 1af41005", "0028 1b360005"]);
        const vendor = "/sys/bus/pci/devices/0000:00:05.0/vendor";
        assert.equal(boot.run(`cat ${vendor}`), "0x1b36");
        assert.equal(fn.msix?.enabled, true);
        assertCounting(readEntropy(boot, 16), 16);
        const served = entropy.served;
        const { count, kind } = interrupts(boot, "virtio0-input");
        assert.match(kind, /^pSeries-PCI-MSI /);
        assert.ok(count > 0 && count <= served, `${count} of ${served}`);
        assert.equal(boot.machine.pci.strayMessages, 0);
      },
    );
  }
}

const PIN_CASES = [
  [LE, DEFAULT_CONFIGURATION],
  [BE, POWER8],
] as const;

for (const [guest, configuration] of PIN_CASES) {
  for (const form of ["legacy", "modern"] as const) {
    bootTest(
      `Linux ${guest.name} uses the pin of a ${form} device on ${
        nameOf(configuration)
      }`,
      guest,
      (files) => {
        const { boot, fn } = toShell(files, {
          configuration,
          device: { form, slot: 2 },
          append: "pci=nomsi",
        });
        assert.equal(fn.msix?.enabled, false);
        assertCounting(readEntropy(boot, 16), 16);
        const { count, kind } = interrupts(boot, "virtio0");
        assert.match(kind, / 4610 Level$/);
        assert.ok(count > 0);
        assert.equal(fn.line, false, "acknowledged");
      },
    );
  }
}

const DMA_CASES = [
  { guest: LE, append: "", window: "created", index: 1 },
  { guest: BE, append: "", window: "created", index: 1 },
  { guest: LE, append: "disable_ddw", window: "first", index: 0 },
  { guest: BE, append: "disable_ddw", window: "first", index: 0 },
] as const;

for (const { guest, append, window, index } of DMA_CASES) {
  bootTest(
    `Linux ${guest.name} reaches memory through the ${window} DMA window`,
    guest,
    (files) => {
      const { boot } = toShell(files, {
        device: { form: "modern", rings: { accessPlatform: true } },
        append,
      });
      assertCounting(readEntropy(boot, 64), 64);
      const { dmaWindows } = boot.machine.pci.describe();
      assert.ok((dmaWindows[index]?.mapped ?? 0) > 0, "it is in use");
      assert.equal(dmaWindows.length, index + 1);
    },
  );
}

bootTest("Linux finds that each device can be recovered", LE, (files) => {
  const { boot } = toShell(files);
  assert.match(boot.text, /EEH: Capable adapter found: recovery enabled/);
});

bootTest(
  "A machine with PCI devices goes on where it was saved",
  BE,
  (files) => {
    const first = toShell(files, { configuration: POWER8 });
    const state = structuredClone(first.boot.machine.save());
    const second = new Boot(files, POWER8);
    second.machine.virtio.add(new EntropyDevice(), { name: "rng0" });
    second.machine.pci.add({ name: "probe", face: new TestDevice(), slot: 5 });
    second.machine.restore(state);
    second.machine.start();
    assertCounting(readEntropy(second, 32), 32);
    assert.ok(interrupts(second, "virtio0-input").count > 0);
  },
);
