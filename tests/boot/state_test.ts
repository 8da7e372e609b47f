// Saved in mid-boot, gone on with elsewhere; run twice, seen the same.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { STATE, type StateName } from "../../cpu/state.ts";
import type { MachineState } from "../../machine/machine.ts";
import {
  CONFIGURATIONS,
  DEFAULT_CONFIGURATION,
  nameOf,
} from "./configurations.ts";
import { Boot } from "./driver.ts";
import { BE, bootTest, DEBIAN, LE } from "./guests.ts";

/** Registers of the engine's own that restore() starts anew. */
const ENGINES_OWN: readonly StateName[] = [
  "TLB_USER_CODE",
  "POOL_NEXT",
  "POOL_FREE",
  "RESERVE_ADDRESS",
];

/** Compares states; RAM by a digest, since a difference would be too long. */
function assertSameState(actual: MachineState, expected: MachineState): void {
  const summary = (state: MachineState) => ({
    ...state,
    ram: { ...state.ram, bytes: digest(state.ram.bytes) },
    hashTable: digest(state.hashTable),
    vcpus: state.vcpus.map((vcpu) => ({
      ...vcpu,
      registers: registersByName(vcpu.registers),
    })),
  });
  assert.deepEqual(summary(actual), summary(expected));
}

function registersByName(block: Uint8Array): Record<string, string> {
  const names = Object.keys(STATE) as StateName[];
  return Object.fromEntries(
    names.filter((name) => !ENGINES_OWN.includes(name)).map((name) => {
      const { offset, bytes, count } = STATE[name];
      return [name, block.subarray(offset, offset + bytes * count).toHex()];
    }),
  );
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

for (const guest of [LE, BE]) {
  for (const configuration of CONFIGURATIONS) {
    const name = `${guest.name} on ${nameOf(configuration)}`;
    bootTest(
      `Machine.restore() goes on with ${name} where save() was called`,
      guest,
      (files) => {
        const options = {
          ...configuration,
          clock: "instructions",
          memoryBytes: 256 * 2 ** 20,
        } as const;
        const first = new Boot(files, options);
        first.machine.start();
        first.runUntil(() => first.machine.instructions() > 40e6);
        const saved = structuredClone(first.machine.save());
        const text = first.text;
        const second = new Boot(files, options);
        second.machine.restore(saved);
        assert.deepEqual(second.machine.now(), first.machine.now());
        assertSameState(second.machine.save(), saved);
        second.toShell();
        assert.equal(second.run("uname -m"), guest.machine);
        // The first goes on as if nothing had happened, and prints the same.
        first.toShell();
        first.run("uname -m");
        assert.equal(first.text, text + second.text);
      },
    );
  }
}

bootTest(
  "Machine.restore() brings back a guest that sleeps at its prompt",
  LE,
  (files) => {
    const first = new Boot(files, DEFAULT_CONFIGURATION).toShell();
    first.run("cd /proc; X=17");
    first.machine.stop();
    const saved = structuredClone(first.machine.save());
    const second = new Boot(files, DEFAULT_CONFIGURATION);
    second.machine.restore(saved);
    second.machine.start();
    assert.equal(second.run("pwd; echo $X"), "/proc\n17");
  },
);

bootTest(
  "Machine.restore() brings back a guest with its network card",
  LE,
  (files) => {
    const options = {
      ...DEFAULT_CONFIGURATION,
      devices: [{ kind: "net", backend: "user" }],
    } as const;
    const first = new Boot(files, options).toShell();
    first.run("ifconfig eth0 10.0.2.15 up");
    const ping = "ping -c 1 10.0.2.2";
    assert.match(first.run(ping), /1 packets received/);
    const saved = structuredClone(first.machine.save());
    const second = new Boot(files, options);
    second.machine.restore(saved);
    second.machine.start();
    assert.match(second.run(ping), /1 packets received/);
  },
);

bootTest("Machine.restore() takes a running machine back", LE, (files) => {
  const boot = new Boot(files, DEFAULT_CONFIGURATION).toShell();
  boot.run("X=before");
  const saved = structuredClone(boot.machine.save());
  boot.run("X=after");
  boot.machine.restore(saved);
  assert.equal(boot.run("echo $X"), "before");
});

bootTest(
  "Machine.restore() refuses the state of another platform",
  LE,
  (files) => {
    const machine = new Boot(files, DEFAULT_CONFIGURATION).machine;
    const saved = machine.save();
    const { machine: other } = new Boot(files, {
      ...DEFAULT_CONFIGURATION,
      mmu: "hash",
    });
    assert.throws(() => other.restore(saved), {
      name: "RangeError",
      message: /^Cannot restore machine: state is of another platform: /,
    });
    assert.throws(() => machine.restore({ ...saved, vcpus: [] }), {
      name: "RangeError",
      message: "Cannot restore machine: expected 1 vCPUs, got 0",
    });
  },
);

for (const guest of [LE, BE, DEBIAN]) {
  bootTest(
    `Machine runs ${guest.name} alike twice when the clock follows instructions`,
    guest,
    (files) => {
      const runs = [1, 2].map(() => {
        const boot = new Boot(files, {
          ...DEFAULT_CONFIGURATION,
          clock: "instructions",
        }).toShell();
        boot.run("cat /proc/uptime; cat /proc/interrupts; date");
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
}
