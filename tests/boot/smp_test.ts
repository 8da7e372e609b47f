// Several vCPUs that take turns on one thread.
import assert from "node:assert/strict";
import { CONFIGURATIONS, DEFAULT_CONFIGURATION } from "./configurations.ts";
import { Boot } from "./driver.ts";
import { BE, bootTest, LE } from "./guests.ts";

const POWER8 = CONFIGURATIONS.find(({ cpu }) => cpu === "power8")!;

/** Numbers of the processors that Linux has, as it prints them. */
function processors(boot: Boot): string[] {
  const text = boot.run("cat /proc/cpuinfo");
  return [...text.matchAll(/^processor\s*: (\d+)$/gm)].map(([, n = ""]) => n);
}

bootTest("Linux be starts eight vCPUs of a POWER8", BE, (files) => {
  const boot = new Boot(files, {
    ...POWER8,
    vcpus: 8,
    accelerator: "inline",
  }).toShell();
  assert.deepEqual(processors(boot), ["0", "1", "2", "3", "4", "5", "6", "7"]);
});

bootTest(
  "Linux le stops a vCPU and starts it again, and time never goes back",
  LE,
  (files) => {
    const boot = new Boot(files, {
      ...DEFAULT_CONFIGURATION,
      clock: "instructions",
      vcpus: 4,
    }).toShell();
    assert.deepEqual(processors(boot), ["0", "1", "2", "3"]);
    const { machine } = boot;
    let last = machine.now();
    const watch = () => {
      const now = machine.now();
      assert.ok(now.instructions >= last.instructions, "instructions");
      assert.ok(now.seconds >= last.seconds, "seconds");
      last = now;
      return false;
    };
    const online = "/sys/devices/system/cpu/cpu2/online";
    boot.type(`echo 0 > ${online}\n`);
    boot.runUntil(() => watch() || machine.vcpuStatus(2) === "stopped");
    boot.expect("# ");
    assert.deepEqual(processors(boot), ["0", "1", "3"]);
    boot.type(`echo 1 > ${online}\n`);
    boot.runUntil(() => watch() || machine.vcpuStatus(2) !== "stopped");
    boot.expect("# ");
    assert.deepEqual(processors(boot), ["0", "1", "2", "3"]);
  },
);

bootTest(
  "Machine runs le on four vCPUs alike twice when the clock follows instructions",
  LE,
  (files) => {
    const runs = [1, 2].map(() => {
      const boot = new Boot(files, {
        ...DEFAULT_CONFIGURATION,
        clock: "instructions",
        vcpus: 4,
      }).toShell();
      boot.run("cat /proc/uptime /proc/interrupts; date");
      boot.type("poweroff -f\n");
      assert.equal(boot.end(), "power-off");
      return {
        text: boot.text,
        instructions: boot.machine.instructions(),
        events: boot.events,
      };
    });
    assert.deepEqual(runs[0], runs[1]);
  },
);
