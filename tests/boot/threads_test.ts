// Several vCPUs, each in a thread of its own.
import assert from "node:assert/strict";
import { CONFIGURATIONS, DEFAULT_CONFIGURATION } from "./configurations.ts";
import { Boot } from "./driver.ts";
import { BE, bootTest, LE } from "./guests.ts";
import { PARALLEL_FORKS } from "./workloads.ts";

const POWER8 = CONFIGURATIONS.find(({ cpu }) => cpu === "power8")!;

function processors(boot: Boot): number {
  return Number(boot.run("grep -c ^processor /proc/cpuinfo"));
}

bootTest(
  "Linux le runs on four threads, stands still when stopped, and goes on elsewhere",
  LE,
  (files) => {
    const options = {
      ...DEFAULT_CONFIGURATION,
      vcpus: 4,
      accelerator: "threads",
      memoryBytes: 256 * 2 ** 20,
    } as const;
    using boot = new Boot(files, options).toShell();
    const { machine } = boot;
    assert.equal(processors(boot), 4);
    assert.equal(boot.run(PARALLEL_FORKS), "forks: 100");
    machine.stop();
    const nia = () =>
      [0, 1, 2, 3].map((vcpu) => machine.accelerator.getOneReg(vcpu, "NIA"));
    const [before, instructions] = [nia(), machine.instructions()];
    Atomics.wait(machine.bell.words, machine.bell.index, 0, 20);
    assert.deepEqual(nia(), before);
    assert.equal(machine.instructions(), instructions);
    const saved = machine.save();
    machine.start();
    assert.equal(boot.run("echo $((6*7))"), "42");
    using other = new Boot(files, options);
    other.machine.restore(saved);
    other.machine.start();
    other.type("\n");
    other.expect("# ");
    assert.equal(processors(other), 4);
    assert.equal(other.run(PARALLEL_FORKS), "forks: 100");
    other.type("poweroff -f\n");
    assert.equal(other.end(), "power-off");
  },
);

bootTest(
  "Linux be runs on the threads of a POWER8, resets and comes back",
  BE,
  (files) => {
    using boot = new Boot(files, {
      ...POWER8,
      vcpus: 4,
      accelerator: "threads",
    }).toShell();
    assert.equal(processors(boot), 4);
    assert.equal(boot.run(PARALLEL_FORKS), "forks: 100");
    const calls = boot.machine.hypercalls.statistics();
    const called = (name: string) =>
      calls.find((call) => call.name === name)?.count ?? 0;
    // Answered in the vCPUs' threads, and counted all the same.
    assert.ok(called("H_ENTER") > 1000, "H_ENTER");
    assert.ok(called("H_XIRR") + called("H_XIRR_X") > 10, "H_XIRR");
    boot.machine.reset();
    boot.toShell();
    assert.equal(processors(boot), 4);
  },
);
