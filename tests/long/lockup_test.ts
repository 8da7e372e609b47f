// Debian's stock kernel watches its processors: one that is made deaf, by an
// interrupt order that is not its own, is reported by the others.
import assert from "node:assert/strict";
import { DEFAULT_CONFIGURATION } from "../boot/configurations.ts";
import { Boot } from "../boot/driver.ts";
import { bootTest, DEBIAN } from "../boot/guests.ts";

for (const accelerator of ["inline", "threads"] as const) {
  bootTest(
    `Linux debian reports a vCPU that hangs, with ${accelerator}`,
    DEBIAN,
    (files) => {
      using boot = new Boot(files, {
        ...DEFAULT_CONFIGURATION,
        vcpus: 2,
        accelerator,
      });
      boot.toShell();
      assert.equal(boot.run("cat /proc/sys/kernel/watchdog"), "1");
      // One that sleeps holds no lock, such as the console's.
      boot.runUntil(() => boot.machine.vcpuStatus(1) === "ceded");
      boot.machine.lpcr.pin(1, false, "test");
      // 15 virtual seconds without a sign of life, and some to print.
      boot.expect("hard LOCKUP on other CPUs 1", { seconds: 120 });
    },
  );
}
