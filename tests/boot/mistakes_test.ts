// The mistakes of 2013, made again: each breaks a little-endian Linux in the
// way that docs/endianness.md says.
import assert from "node:assert/strict";
import { join } from "node:path";
import { PENDING } from "../../cpu/interrupts.ts";
import { LPCR, MSR } from "../../cpu/state.ts";
import { withTempFolder } from "../guests/_temp_folder.ts";
import { DEFAULT_CONFIGURATION } from "./configurations.ts";
import { Boot, type BootOptions } from "./driver.ts";
import { BE, bootTest, LE, VIRTIO_LE } from "./guests.ts";

/** Instructions in which a guest that lives would have got further by far. */
const LONG = 25e6;

const OPTIONS = {
  ...DEFAULT_CONFIGURATION,
  clock: "instructions",
} as const satisfies BootOptions;

/** Where a vCPU is, and what decides how it takes interrupts. */
function stateOf({ machine }: Boot, vcpu = 0) {
  const { accelerator } = machine;
  const bit = (name: "MSR" | "LPCR" | "INTR_MSR", mask: bigint) =>
    Number((accelerator.getOneReg(vcpu, name) & mask) !== 0n);
  return {
    le: bit("MSR", MSR.LE),
    ile: bit("LPCR", LPCR.ILE),
    injected: bit("INTR_MSR", MSR.LE),
    atVector: accelerator.getOneReg(vcpu, "NIA") < 0x2000n,
  };
}

/** Runs on for long; gives what the guest prints meanwhile. */
function afterLong(boot: Boot): string {
  const { length } = boot.text;
  const end = boot.machine.instructions() + LONG;
  boot.runUntil(() => boot.machine.instructions() > end);
  return boot.text.slice(length);
}

/** A little-endian handler, read the wrong way round for ever. */
const DEAD = { le: 0, atVector: true };

bootTest(
  "the mistake calling-vcpu-only kills a vCPU that is started later",
  LE,
  (files) => {
    const boot = new Boot(files, {
      ...OPTIONS,
      vcpus: 2,
      mistakes: ["calling-vcpu-only"],
    });
    boot.machine.start();
    boot.expect("smp: Bringing up secondary CPUs ...");
    assert.doesNotMatch(afterLong(boot), /smp: Brought up/);
    assert.deepEqual(stateOf(boot, 1), { ...DEAD, ile: 0, injected: 0 });
    const first = stateOf(boot, 0);
    assert.deepEqual([first.ile, first.injected, first.le], [1, 1, 1]);
  },
);

bootTest(
  "the mistake no-synchronise lets the machine undo what the accelerator set",
  LE,
  (files) => {
    const boot = new Boot(files, {
      ...OPTIONS,
      lpcrOwner: "accelerator-poll",
      mistakes: ["no-synchronise"],
    });
    const { machine } = boot;
    const ile = () => stateOf(boot).ile;
    machine.start();
    boot.runUntil(() => ile() === 1);
    boot.runUntil(() => ile() === 0);
    assert.equal(machine.lpcr.lastChange(0)?.cause, "H_REGISTER_PROC_TBL");
    boot.expect("clocksource: timebase");
    assert.doesNotMatch(afterLong(boot), /READY-MARK/);
    assert.deepEqual(stateOf(boot), { ...DEAD, ile: 0, injected: 0 });
  },
);

bootTest(
  "the mistake interrupt-msr kills at the first interrupt of a device",
  LE,
  (files) => {
    const boot = new Boot(files, { ...OPTIONS, mistakes: ["interrupt-msr"] })
      .toShell();
    const alive = stateOf(boot);
    assert.deepEqual([alive.ile, alive.injected], [1, 0]);
    boot.type("echo he''llo\n");
    // The handler begins by a fault, whose own handler is read the right way
    // and returns to it: round and round, with the interrupt pending.
    assert.doesNotMatch(afterLong(boot), /hello/);
    const { accelerator } = boot.machine;
    const pending = Number(accelerator.getOneReg(0, "PENDING"));
    assert.equal(pending & PENDING.external, PENDING.external);
  },
);

bootTest(
  "the mistake device-order leaves a legacy share of a little-endian guest dead",
  VIRTIO_LE,
  (files) =>
    withTempFolder((folder) => {
      const path = join(folder, "share");
      Deno.mkdirSync(path);
      const boot = new Boot(files, {
        ...OPTIONS,
        mistakes: ["device-order"],
        devices: [{ kind: "p9", tag: "host0", path }],
        virtio: { form: "legacy" },
      });
      boot.machine.start();
      boot.expect("VDEV virtio0");
      // An idle guest skips ahead: some virtual seconds, not instructions.
      const later = boot.machine.now().seconds + 30;
      boot.runUntil(() => boot.machine.now().seconds > later);
      assert.doesNotMatch(boot.text, /VIRTIO-DONE/);
      const [share] = boot.machine.virtio.all;
      assert.equal(share?.transport.core.order.current, "big");
      const { le, ile, injected } = stateOf(boot);
      assert.deepEqual([le, ile, injected], [1, 1, 1], "the guest is well");
      boot.machine.virtio.close();
    }),
);

bootTest(
  "a big-endian Linux does not notice mistakes about ILE",
  BE,
  (files) => {
    const boot = new Boot(files, {
      ...OPTIONS,
      vcpus: 2,
      lpcrOwner: "accelerator-poll",
      mistakes: ["interrupt-msr", "device-order"],
    }).toShell();
    assert.equal(boot.run("grep -c ^processor /proc/cpuinfo"), "2");
  },
);
