// The guests that try virtio devices: a share and a disk, in both byte orders,
// over the old interface and the new one.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { DeviceOptions } from "../../machine/virtio/options.ts";
import { withTempFolder } from "../guests/_temp_folder.ts";
import { CONFIGURATIONS, nameOf } from "./configurations.ts";
import { Boot } from "./driver.ts";
import { bootTest, VIRTIO_BE, VIRTIO_LE } from "./guests.ts";

const POWER8 = CONFIGURATIONS.find(({ cpu }) => cpu === "power8")!;
const POWER9 = CONFIGURATIONS.find(({ interruptController }) =>
  interruptController === "xive"
)!;

const DISK_BYTES = 3 * 2 ** 20;

/** A folder to share and a disk whose bytes repeat after no power of 2. */
function prepare(folder: string) {
  const share = join(folder, "share");
  Deno.mkdirSync(share);
  Deno.writeTextFileSync(join(share, "hello.txt"), "Hello from the host\n");
  const disk = Uint8Array.from(
    { length: DISK_BYTES },
    (_, i) => i % 251 ^ i >> 12,
  );
  const image = join(folder, "disk.img");
  Deno.writeFileSync(image, disk);
  const devices: DeviceOptions[] = [
    { kind: "p9", tag: "host0", path: share },
    { kind: "blk", path: image },
  ];
  const md5 = createHash("md5").update(disk).digest("hex");
  return { share, devices, md5 };
}

for (const guest of [VIRTIO_BE, VIRTIO_LE]) {
  for (const form of ["legacy", "modern"] as const) {
    for (const configuration of [POWER9, POWER8]) {
      bootTest(
        `Linux ${guest.name} uses ${form} devices on ${nameOf(configuration)}`,
        guest,
        (files) =>
          withTempFolder((folder) => {
            const { share, devices, md5 } = prepare(folder);
            const boot = new Boot(files, {
              ...configuration,
              devices,
              virtio: { form },
            });
            try {
              boot.machine.start();
              boot.expect("VIRTIO-DONE");
              assert.ok(boot.text.includes("Hello from the host"), boot.text);
              assert.ok(boot.text.includes(`${md5}  /dev/vda`), boot.text);
              const orders = boot.machine.virtio.all.map(({ transport }) =>
                transport.core.order.current
              );
              const order = guest === VIRTIO_BE && form === "legacy"
                ? "big"
                : "little";
              assert.deepEqual(orders, [order, order]);
              assert.equal(boot.end(), "power-off");
              const written = Deno.readTextFileSync(join(share, "guest.txt"));
              assert.equal(written, "from-guest\n");
            } finally {
              boot.machine.virtio.close();
            }
          }),
      );
    }
  }
}
