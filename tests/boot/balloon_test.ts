// Guests that give memory, report what they have, and get it back.
import assert from "node:assert/strict";
import type { PciForm } from "../../virtio/transport_pci.ts";
import { methodsOf } from "./_methods.ts";
import { DEFAULT_CONFIGURATION } from "./configurations.ts";
import { Boot } from "./driver.ts";
import { BE, bootTest, LE, type TestGuest } from "./guests.ts";

const MEBIBYTE = 2 ** 20;

/** Some tens of megabytes that a kernel never counts, and its rounding. */
const SLACK = 64 * MEBIBYTE;

const CASES: readonly (readonly [TestGuest, PciForm])[] = [
  [BE, "legacy"],
  [LE, "modern"],
];

for (const [guest, form] of CASES) {
  bootTest(
    `Linux ${guest.name} fills a ${form} balloon, reports its memory and takes it back`,
    guest,
    async (files) => {
      const boot = new Boot(files, {
        ...DEFAULT_CONFIGURATION,
        devices: [{ kind: "balloon", form }],
      });
      const call = methodsOf(boot);
      const query = () => call("query-balloon", {});
      const all = boot.machine.platform.memoryBytes;
      boot.toShell();
      const free = async () => {
        assert.deepEqual(await call("balloon-poll", {}), { asked: true });
        assert.equal((await query()).pending, true);
        const balloon = boot.machine.virtio.find("balloon0")?.transport.core;
        boot.runUntil(() => (balloon?.queues[2]?.open.length ?? 0) > 0, {
          what: "statistics",
        });
        const { stats } = await query();
        assert.ok(stats !== null, "the guest has reported");
        assert.ok(stats["stat-total-memory"]! > all - SLACK);
        return stats["stat-free-memory"]!;
      };
      const settle = async (bytes: number) => {
        await call("balloon", { value: bytes });
        const changed = () =>
          boot.eventsOf("BALLOON_CHANGE").at(-1)?.actual === bytes;
        boot.runUntil(changed, { what: "the balloon's size" });
        const { actual, target } = await query();
        assert.deepEqual([actual, target], [bytes, bytes]);
      };
      // A legacy driver's first report is not to be relied on (5.5.6.3.2).
      boot.run("true");
      const before = await free();
      await settle(all - 128 * MEBIBYTE);
      const during = await free();
      assert.ok(
        before - during > 100 * MEBIBYTE,
        `${before} - ${during}: the guest has less`,
      );
      await settle(all);
      assert.ok(await free() - during > 100 * MEBIBYTE, "it has it back");
    },
  );
}
