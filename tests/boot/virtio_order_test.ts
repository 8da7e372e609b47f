// A person looks into the rings of a guest's driver, and turns a device's byte
// order round under it.
import assert from "node:assert/strict";
import { join } from "node:path";
import type { PciForm } from "../../virtio/transport_pci.ts";
import { withTempFolder } from "../guests/_temp_folder.ts";
import { methodsOf } from "./_methods.ts";
import { DEFAULT_CONFIGURATION } from "./configurations.ts";
import { Boot } from "./driver.ts";
import { BE, bootTest, LE } from "./guests.ts";

const DISK_BYTES = 4 * 2 ** 20;

const CASES: readonly [typeof BE, PciForm, "big" | "little"][] = [
  [BE, "legacy", "big"],
  [BE, "modern", "little"],
  [LE, "legacy", "little"],
  [LE, "modern", "little"],
];

for (const [guest, form, right] of CASES) {
  const wrong = right === "big" ? "little" : "big";
  bootTest(
    `Linux ${guest.name} waits while a ${form} disk is forced ${wrong}-endian`,
    guest,
    (files) =>
      withTempFolder(async (folder) => {
        const path = join(folder, "disk.img");
        Deno.writeFileSync(path, new Uint8Array(DISK_BYTES).fill(0x5a));
        const boot = new Boot(files, {
          ...DEFAULT_CONFIGURATION,
          devices: [{ kind: "blk", path }],
          virtio: { form },
        });
        try {
          await turnRound(boot, { right, wrong, form });
        } finally {
          boot.machine.virtio.close();
        }
      }),
  );
}

async function turnRound(
  boot: Boot,
  { right, wrong, form }: {
    right: "big" | "little";
    wrong: "big" | "little";
    form: PciForm;
  },
): Promise<void> {
  const target = { device: "blk0" };
  const queue = { ...target, queue: 0 };
  const call = methodsOf(boot);
  boot.toShell();
  boot.run("dd if=/dev/vda of=/dev/null bs=64k count=4");
  const [disk] = await call("query-virtio", target);
  assert.deepEqual(
    [disk?.byteOrder.order, disk?.byteOrder.reason],
    [right, form === "modern" ? "version-1" : "policy"],
  );
  assert.match(
    disk?.byteOrder.explanation ?? "",
    form === "modern" ? /VERSION_1/ : /vCPU 0 had LPCR\[ILE\]=/,
  );
  const ring = await call("query-virtio-ring", queue);
  assert.ok(ring.form === "split");
  assert.ok(ring.available.index > 0);
  assert.equal(ring.available.index, ring.available.deviceIndex);
  assert.deepEqual(ring.problems, []);
  assert.ok(ring.chains.some(({ readable }) => readable === 16));
  const last = ring.chains.at(-1);
  const element = await call("x-query-virtio-queue-element", {
    path: "/machine/peripheral/blk0/virtio-backend",
    queue: 0,
    index: last?.place,
  });
  assert.deepEqual(
    [element.index, element.avail.idx, element.used.idx],
    [last?.id, ring.available.index, ring.used.index],
  );
  assert.deepEqual(
    element.descs.map(({ len }) => len).reverse(),
    last?.descriptors.map(({ length }) => length),
  );
  const good = await call("diagnose-virtio", target);
  assert.equal(good.verdict, "right", good.findings.join("\n"));

  await call("force-byte-order", { target, order: wrong });
  const command = "dd if=/dev/vda bs=64k skip=8 count=1 | od -t x1 | head -1";
  boot.type(`${command}; echo AF''TER\n`);
  boot.runUntil(
    () => {
      const { core } = boot.machine.virtio.find("blk0")!.transport;
      return core.broken;
    },
    { what: "a broken device" },
  );
  const bad = await call("diagnose-virtio", target);
  assert.equal(bad.verdict, "swapped", bad.findings.join("\n"));
  const later = performance.now() + 1000;
  boot.runUntil(() => performance.now() > later);
  assert.ok(!boot.text.includes("AFTER"), "the request waits");

  await call("force-byte-order", { target, order: "auto" });
  assert.match(boot.expect("AFTER"), /5a 5a 5a 5a/);
  const [mended] = await call("query-virtio", target);
  assert.equal(mended?.broken, null);
}
