// How guests end, start again, and are stopped on the way.
import assert from "node:assert/strict";
import { DEFAULT_CONFIGURATION } from "./configurations.ts";
import { Boot } from "./driver.ts";
import { BE, bootTest, DEBIAN, LE } from "./guests.ts";

for (const guest of [LE, BE]) {
  bootTest(`Machine restarts ${guest.name} when it reboots`, guest, (files) => {
    const boot = new Boot(files, DEFAULT_CONFIGURATION).toShell();
    boot.type("reboot -f\n");
    boot.runUntil(() => boot.eventsOf("RESET").length > 0, { what: "RESET" });
    assert.equal(boot.interruptsLittleEndian, false, "as after power-on");
    assert.equal(boot.littleEndian, false, "entered big-endian");
    boot.toShell();
    assert.equal(boot.run("uname -m"), guest.machine);
    assert.deepEqual(boot.eventsOf("RESET"), [
      { guest: true, reason: "guest-reset" },
    ]);
    assert.equal(boot.machine.status, "running");
  });
}

bootTest("Machine.reset() restarts a guest in mid-boot", LE, (files) => {
  const boot = new Boot(files, DEFAULT_CONFIGURATION);
  boot.machine.start();
  boot.expect("Linux version");
  boot.runUntil(() => boot.machine.instructions() > 30e6);
  boot.machine.reset();
  boot.expect("Linux version");
  boot.toShell();
  assert.equal(boot.run("uname -m"), "ppc64le");
});

bootTest(
  "Machine.powerDown() makes a guest turn itself off",
  DEBIAN,
  (files) => {
    const boot = new Boot(files, DEFAULT_CONFIGURATION).toShell();
    boot.machine.powerDown();
    assert.equal(boot.end(), "power-off");
  },
);

bootTest(
  "Machine says why a guest died when its kernel panics",
  DEBIAN,
  (files) => {
    const boot = new Boot(files, {
      ...DEFAULT_CONFIGURATION,
      bootargs: `${files.append} rdinit=/nothing panic=0`,
      initrd: Uint8Array.of(),
    });
    boot.machine.start();
    assert.equal(boot.end(), "panic");
    assert.equal(boot.machine.status, "guest-panicked");
    assert.match(boot.machine.ended?.message ?? "", /Unable to mount root fs/);
    assert.equal(boot.eventsOf("GUEST_PANICKED").length, 1);
  },
);

bootTest("Machine.stop() holds time and guest until start()", LE, (files) => {
  const boot = new Boot(files, DEFAULT_CONFIGURATION).toShell();
  const { machine } = boot;
  machine.stop();
  const { instructions, seconds } = machine.now();
  boot.type("echo $((40+2))\n");
  assert.equal(machine.slice(), Infinity);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  assert.deepEqual(machine.now(), { instructions, seconds });
  machine.start();
  boot.expect("42");
  assert.deepEqual(boot.eventsOf("STOP").length, 1);
});
