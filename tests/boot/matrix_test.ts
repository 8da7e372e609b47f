// Every guest on every platform, from entry to a shell that answers.
import assert from "node:assert/strict";
import { LPCR } from "../../cpu/state.ts";
import {
  type Configuration,
  CONFIGURATIONS,
  nameOf,
} from "./configurations.ts";
import { Boot } from "./driver.ts";
import { BE, bootTest, DEBIAN, LE, type TestGuest } from "./guests.ts";

/** What the shell says of the platform that it runs on. */
function checkShell(
  boot: Boot,
  guest: TestGuest,
  { cpu, mmu, interruptController }: Configuration,
): void {
  assert.equal(boot.run("uname -m"), guest.machine);
  assert.equal(boot.run("echo $((6*7))"), "42");
  const cpuinfo = boot.run("cat /proc/cpuinfo");
  assert.match(cpuinfo, new RegExp(`^cpu\\s*: ${cpu.toUpperCase()}`, "m"));
  assert.match(cpuinfo, new RegExp(`^MMU\\s*: ${mmu}`, "mi"));
  assert.match(cpuinfo, /^timebase\s*: 512000000$/m);
  const interrupts = boot.run("cat /proc/interrupts");
  const kind = interruptController === "xive" ? "XIVE-IRQ" : "XICS";
  // Typed commands have arrived by interrupt, not by polling.
  assert.match(
    interrupts,
    new RegExp(`^\\s*\\d+:\\s+[1-9]\\d*\\s+${kind} .*hvc_console$`, "m"),
  );
}

/** Who asked for which byte order, and who was told. */
function checkByteOrder(boot: Boot, guest: TestGuest): void {
  const little = guest.machine === "ppc64le";
  assert.equal(boot.interruptsLittleEndian, little);
  assert.equal(boot.littleEndian, little);
  const turned = boot.eventsOf("LPCR_CHANGE").filter(({ before, after }) =>
    (BigInt(String(before)) ^ BigInt(String(after))) & LPCR.ILE
  );
  assert.equal(turned.length, little ? 1 : 0);
  const asked = boot.eventsOf("HCALL").filter(({ name, args }) =>
    name === "H_SET_MODE" && (args as Record<string, string>).resource === "0x4"
  );
  assert.deepEqual(
    asked.map(({ args, vcpu }) => ({ vcpu, args })),
    little
      ? [{
        vcpu: 0,
        args: { mflags: "0x1", resource: "0x4", value1: "0x0", value2: "0x0" },
      }]
      : [],
  );
}

for (const guest of [DEBIAN, LE, BE]) {
  for (const configuration of CONFIGURATIONS) {
    const name = `${guest.name} on ${nameOf(configuration)}`;
    bootTest(
      `Machine boots ${name} to a shell that answers`,
      guest,
      (files) => {
        const boot = new Boot(files, configuration);
        assert.equal(boot.interruptsLittleEndian, false, "at entry");
        boot.toShell();
        checkByteOrder(boot, guest);
        checkShell(boot, guest, configuration);
        assert.deepEqual([...boot.machine.accelerator.unknown], []);
        assert.equal(boot.machine.unassignedAccesses, 0);
        boot.type("poweroff -f\n");
        assert.equal(boot.end(), "power-off");
        assert.equal(boot.machine.status, "shutdown");
        assert.deepEqual(boot.eventsOf("SHUTDOWN"), [
          { guest: true, reason: "guest-shutdown" },
        ]);
      },
    );
  }
}
