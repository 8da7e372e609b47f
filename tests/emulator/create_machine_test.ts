import assert from "node:assert/strict";
import { gzip } from "../../guests/compression.ts";
import { LAB_DONE, labGuest } from "../../guests/lab.ts";
import { createMachine } from "../../mod.ts";
import { BE, bootTest, LE } from "../boot/guests.ts";

const TIMEOUT = { timeout: 60_000 };
const UNITS = 2 ** 20;

Deno.test("createMachine() boots the lab, which the monitor tells about", async () => {
  await using machine = await createMachine(labGuest());
  await machine.waitForConsole(LAB_DONE, TIMEOUT);
  assert.equal((await machine.waitForEnd()).reason, "power-off");
  assert.equal((await machine.call("query-status")).status, "shutdown");
  assert.match(machine.consoleText, /little-endian/);
});

Deno.test("createMachine() takes bytes, packed ones too, and leaves them alone", async () => {
  const kernel = await gzip(await Deno.readFile(labGuest().kernel));
  await using machine = await createMachine({ kernel, startPaused: true });
  assert.ok(kernel.length > 0);
  assert.equal((await machine.call("query-status")).status, "prelaunch");
  await machine.start();
  await machine.waitForConsole(LAB_DONE, TIMEOUT);
});

Deno.test("createMachine() gives each device its transport and its byte order", async () => {
  await using machine = await createMachine({
    ...labGuest(),
    startPaused: true,
    devices: [
      { kind: "rng", form: "modern" },
      { kind: "balloon", byteOrder: "little" },
      { kind: "console", name: "terminal", ports: ["agent"] },
    ],
    virtio: { form: "legacy", byteOrder: "msr-at-reset" },
  });
  const devices = await machine.call("query-virtio");
  assert.deepEqual(
    devices.map(({ device, transport, byteOrder }) => [
      device,
      transport,
      byteOrder.policy,
    ]),
    [
      ["rng0", "modern", "msr-at-reset"],
      ["balloon0", "legacy", "little"],
      ["terminal", "legacy", "msr-at-reset"],
    ],
  );
});

Deno.test("createMachine() hands events on", async () => {
  await using machine = await createMachine({
    ...labGuest(),
    startPaused: true,
  });
  await using events = machine.events({ events: ["SHUTDOWN"] });
  await machine.start();
  const { value } = await events.next();
  assert.equal(value.name, "SHUTDOWN");
});

Deno.test("JanusMachine.waitForConsole() rejects when the guest ends before", async () => {
  await using machine = await createMachine(labGuest());
  await assert.rejects(
    machine.waitForConsole("NEVER", TIMEOUT),
    /Cannot find "NEVER" on the console: guest has ended: power-off/,
  );
});

Deno.test("createMachine() refuses what cannot be booted, by its kind", async () => {
  const kernel = await Deno.readFile(labGuest().kernel);
  const text = new TextEncoder().encode("no kernel");
  await assert.rejects(createMachine({ kernel: text }), SyntaxError);
  const other = kernel.slice();
  other[19] = 62; // e_machine: x86-64
  await assert.rejects(createMachine({ kernel: other }), TypeError);
  const cut = kernel.subarray(0, 300);
  await assert.rejects(createMachine({ kernel: cut }), RangeError);
  for (
    const options of [
      { memoryBytes: 100 * UNITS },
      { memoryBytes: 257 * UNITS },
      { cpu: "power8", mmu: "radix" },
      { cpu: "power8", interruptController: "xive" },
      { memoryBytes: 256 * UNITS, initrd: new Uint8Array(256 * UNITS) },
    ] as const
  ) {
    await assert.rejects(createMachine({ kernel, ...options }), RangeError);
  }
  await assert.rejects(
    createMachine({ kernel: "/nonexistent/vmlinux" }),
    Deno.errors.NotFound,
  );
});

for (const guest of [LE, BE]) {
  bootTest(
    `createMachine() boots ${guest.name} to a shell that answers`,
    guest,
    async ({ kernel, initrd, append }) => {
      await using machine = await createMachine({ kernel, initrd, append });
      await machine.waitForConsole("READY-MARK", TIMEOUT);
      await machine.waitForConsole("# ", TIMEOUT);
      await machine.type("echo $((6*7)) $(uname -m)\n");
      const said = await machine.waitForConsole(/\n42 \w+/, TIMEOUT);
      assert.match(said, new RegExp(`42 ${guest.machine}$`));
      await machine.type("poweroff -f\n");
      assert.equal((await machine.waitForEnd()).reason, "power-off");
    },
  );
}
