import assert from "node:assert/strict";
import { MachineUnderTest, programImage } from "./_machine.ts";
import { BASE, EAA, mapPages, REGISTER_RADIX } from "./_radix.ts";

const kernel = programImage(REGISTER_RADIX);
const READ_ONLY = EAA.read;
const ALL = EAA.read | EAA.write | EAA.execute;

async function mapped(
  pages: Parameters<typeof mapPages>[1],
): Promise<MachineUnderTest> {
  const guest = new MachineUnderTest({ kernel });
  guest.runSlices(2);
  guest.machine.stop();
  await mapPages(guest, pages);
  return guest;
}

function hex(address: bigint): string {
  return `0x${address.toString(16)}`;
}

Deno.test("memory-read gives the bytes of real storage", async () => {
  const guest = new MachineUnderTest({ kernel });
  const read = await guest.call("memory-read", { address: "0x0", length: 8 });
  assert.deepEqual(read, {
    address: "0x0",
    length: 8,
    data: "OGADfDiAAB0=",
    hex: "3860037c3880001d",
  });
});

Deno.test("memory-write writes base64 and hex", async () => {
  const guest = new MachineUnderTest({ kernel });
  await guest.call("memory-write", { address: "0xffffffe", hex: "abcd" });
  await guest.call("memory-write", { address: "0x1000", data: "AQID" });
  const end = await guest.call("memory-read", {
    address: "0xffffffe",
    length: 2,
  });
  assert.equal(end.hex, "abcd");
  const start = await guest.call("memory-read", {
    address: "0x1000",
    length: 4,
  });
  assert.equal(start.hex, "01020300");
});

Deno.test("memory-read and memory-write stay within RAM", async () => {
  const guest = new MachineUnderTest({ kernel });
  const cases: [address: string, first: string][] = [
    ["0xffffffe", "0x10000000"],
    ["0x10000000", "0x10000000"],
    ["0xffffffffffffffff", "0xffffffffffffffff"],
  ];
  for (const [address, first] of cases) {
    const refused = {
      code: -32003,
      message: `Cannot access memory: nothing at ${first}`,
      data: { address: first },
    };
    await assert.rejects(
      guest.call("memory-read", { address, length: 4 }),
      refused,
    );
    await assert.rejects(
      guest.call("memory-write", { address, hex: "11223344" }),
      refused,
    );
  }
  const end = await guest.call("memory-read", {
    address: "0xffffffe",
    length: 2,
  });
  assert.equal(end.hex, "0000", "all or nothing");
});

Deno.test("memory-read follows the radix tree from page to page", async () => {
  const guest = await mapped([
    { real: 0x8000, eaa: ALL },
    { real: 0x5000, eaa: READ_ONLY },
  ]);
  await guest.call("memory-write", { address: "0x8ffe", hex: "1122" });
  await guest.call("memory-write", { address: "0x5000", hex: "3344" });
  const across = { address: hex(BASE + 0xffen), space: "effective" } as const;
  const read = await guest.call("memory-read", { ...across, length: 4 });
  assert.equal(read.hex, "11223344");
  // What the guest may only read can still be written from outside.
  await guest.call("memory-write", { ...across, hex: "aabbccdd" });
  const parts = await Promise.all(
    ["0x8ffe", "0x5000"].map((address) =>
      guest.call("memory-read", { address, length: 2 })
    ),
  );
  assert.deepEqual(parts.map(({ hex }) => hex), ["aabb", "ccdd"]);
});

Deno.test("memory-write to a range that is half mapped writes nothing", async () => {
  const guest = await mapped([{ real: 0x8000, eaa: ALL }]);
  const range = { address: hex(BASE + 0xffen), space: "effective" } as const;
  await assert.rejects(
    guest.call("memory-write", { ...range, hex: "aabbccdd" }),
    { code: -32003, data: { address: hex(BASE + 0x1000n) } },
  );
  const read = await guest.call("memory-read", {
    address: "0x8ffe",
    length: 2,
  });
  assert.equal(read.hex, "0000");
});

Deno.test("memory-read leaves no trace in the guest", async () => {
  const guest = await mapped([{ real: 0x8000, eaa: ALL }]);
  const state = () => guest.machine.accelerator.save(0);
  const before = state();
  await guest.call("memory-read", {
    address: hex(BASE),
    length: 16,
    space: "effective",
  });
  await assert.rejects(guest.call("memory-read", {
    address: "0xd000000000000000",
    length: 16,
    space: "effective",
  }));
  assert.deepEqual(state(), before);
});

Deno.test("translate tells what may be done with a page", async () => {
  const guest = await mapped([
    { real: 0x8000, eaa: ALL },
    { real: 0x5000, eaa: READ_ONLY },
  ]);
  assert.deepEqual(
    await guest.call("translate", { address: hex(BASE + 0x123n) }),
    {
      mapped: true,
      physical: "0x8123",
      mode: "radix",
      pageSize: 4096,
      readable: true,
      writable: true,
      executable: true,
    },
  );
  const address = hex(BASE + 0x1000n);
  const read = await guest.call("translate", { address });
  assert.ok(read.mapped && !read.writable && !read.executable);
  assert.deepEqual(
    await guest.call("translate", { address, access: "write" }),
    {
      mapped: false,
      mode: "radix",
      interrupt: "Data Storage",
      reason: "page protection",
    },
  );
  const beyond = await guest.call("translate", {
    address: hex(BASE + 0x2000n),
    access: "execute",
  });
  assert.deepEqual(beyond, {
    mapped: false,
    mode: "radix",
    interrupt: "Instruction Storage",
    reason: "no page table entry",
  });
});

Deno.test("translate goes by MSR and the MMU of the machine", async () => {
  const real = new MachineUnderTest({ kernel });
  const found = await real.call("translate", { address: "0x1000" });
  assert.ok(found.mapped);
  assert.deepEqual([found.mode, found.pageSize], ["real", 0]);
  const beyond = await real.call("translate", { address: "0x10000000" });
  assert.deepEqual(beyond, {
    mapped: false,
    mode: "real",
    interrupt: "Data Storage",
    reason: "beyond the storage of real mode",
  });
  const hash = new MachineUnderTest({ kernel, cpu: "power8" });
  await hash.call("set-register", {
    register: "msr",
    value: "0x30",
    mask: "0x30",
  });
  assert.deepEqual(await hash.call("translate", { address: hex(BASE) }), {
    mapped: false,
    mode: "hash",
    interrupt: "Data Segment",
    reason: "no SLB entry",
  });
});

Deno.test("an effective address has 32 bits where MSR[SF] is 0", async () => {
  const guest = new MachineUnderTest({ kernel });
  await guest.call("set-register", {
    register: "msr",
    value: "0x0",
    mask: "0x8000000000000000",
  });
  const found = await guest.call("translate", { address: "0x900001000" });
  assert.ok(found.mapped);
  assert.equal(found.physical, "0x1000");
});
