import assert from "node:assert/strict";
import type { MethodParams } from "../../../monitor/methods/mod.ts";
import { MachineUnderTest, programImage, SET_MODE_LE } from "./_machine.ts";

const kernel = programImage(SET_MODE_LE);

async function set(
  guest: MachineUnderTest,
  register: string,
  value: string,
  options: { mask?: string } = {},
): Promise<string> {
  const params: MethodParams<"set-register"> = { register, value, ...options };
  return (await guest.call("set-register", params)).after;
}

Deno.test("query-registers shows how a guest is entered", async () => {
  const guest = new MachineUnderTest({ kernel });
  const before = await guest.call("query-registers");
  assert.equal(before.nia, "0x0");
  assert.notEqual(before.gpr[3], "0x0", "the device tree");
  assert.equal(before.gpr[5], "0x0", "no Open Firmware");
  assert.equal(before.sprs.PVR, "0x4e1202");
  assert.equal(before.sprs.DEC, "0x7fffffff");
  assert.ok(!Object.keys(before.sprs).some((name) => name.includes("@")));
  guest.runSlices(2);
  const after = await guest.call("query-registers");
  assert.equal(after.nia, "0x18");
  assert.equal(after.gpr[5], "0x4");
  assert.equal(after.sprs.TB, after.sprs.IC);
  const ticks = BigInt(after.sprs.TB!);
  assert.equal(BigInt(after.sprs.DEC!), 0x7fff_ffffn - ticks);
});

Deno.test("set-register writes every register of query-registers", async () => {
  const guest = new MachineUnderTest({ kernel });
  const names = [
    ..."lr ctr nia".split(" "),
    ...Array.from({ length: 32 }, (_, i) => `r${i}`),
    ...Array.from({ length: 32 }, (_, i) => `f${i}`),
  ];
  const vectors = Array.from({ length: 32 }, (_, i) => `v${i}`);
  for (const [i, name] of names.entries()) {
    const value = `0x${(0x123456780 + 16 * i).toString(16)}`;
    assert.equal(await set(guest, name, value), value, name);
  }
  for (const [i, name] of vectors.entries()) {
    const value = `0x${(1n << 127n | BigInt(i)).toString(16)}`;
    assert.equal(await set(guest, name, value), value, name);
  }
  const { lr, ctr, nia, gpr, fpr, vsr } = await guest.call("query-registers");
  assert.deepEqual(
    [lr, ctr, nia, ...gpr, ...fpr].map((text) => BigInt(text)),
    names.map((_, i) => BigInt(0x123456780 + 16 * i)),
  );
  assert.deepEqual(
    vsr.slice(0, 32),
    fpr.map((text) => `${text}${"0".repeat(16)}`),
  );
  assert.deepEqual(
    vsr.slice(32).map((text) => BigInt(text)),
    vectors.map((_, i) => 1n << 127n | BigInt(i)),
  );
});

Deno.test("set-register knows names in any case and by other spellings", async () => {
  const guest = new MachineUnderTest({ kernel });
  await set(guest, "GPR7", "0x7");
  await set(guest, "vsr63", "0x63");
  await set(guest, "VR0", "0x20");
  await set(guest, "fpr1", "0x1");
  await set(guest, "srr0", "0x100");
  await set(guest, "SPRG3", "0x3");
  const { gpr, vsr, fpr, sprs } = await guest.call("query-registers");
  assert.equal(gpr[7], "0x7");
  assert.equal(vsr[63], "0x63");
  assert.equal(vsr[32], "0x20");
  assert.equal(fpr[1], "0x1");
  assert.equal(sprs.SRR0, "0x100");
  assert.equal(sprs.SPRG3, "0x3");
  for (const register of ["r32", "vs64", "f32", "v32", "tb9", "x", "pc"]) {
    await assert.rejects(
      guest.call("set-register", { register, value: "0x0" }),
      { code: -32002, message: `Cannot find register: ${register}` },
    );
  }
});

Deno.test("set-register changes the bits under the mask only", async () => {
  const guest = new MachineUnderTest({ kernel });
  await set(guest, "r3", "0xffffffffffffffff");
  assert.equal(
    await set(guest, "r3", "0x0", { mask: "0xff00" }),
    "0xffffffffffff00ff",
  );
  await set(guest, "cr", "0x12345678");
  assert.equal(
    await set(guest, "cr", "0xf000000f", { mask: "0xf000000f" }),
    "0xf234567f",
  );
  await set(guest, "f2", "0xffff");
  assert.equal(await set(guest, "f2", "0x0", { mask: "0xf0" }), "0xff0f");
  await assert.rejects(set(guest, "vs0", "0x1", { mask: "0x1" }), {
    code: -32602,
  });
});

Deno.test("set-register gives each register only the bits that it has", async () => {
  const guest = new MachineUnderTest({ kernel });
  assert.equal(await set(guest, "nia", "0x103"), "0x100");
  assert.equal(await set(guest, "vscr", "0xffffffff"), "0x10001");
  // XER: SO, OV, CA, OV32, CA32 and the low 18 bits but none between.
  assert.equal(await set(guest, "xer", "0xffffffff"), "0xe00fffff");
  // VXSNAN makes VX, and with VE = 1 also FEX.
  assert.equal(await set(guest, "fpscr", "0x1000080"), "0x61000080");
  assert.equal(
    await set(guest, "ppr", "0xffffffffffffffff"),
    "0x1c000000000000",
  );
  for (
    const [register, value] of [
      ["cr", "0x100000000"],
      ["r1", "0x10000000000000000"],
      ["dsisr", "0x100000000"],
    ] as const
  ) {
    await assert.rejects(guest.call("set-register", { register, value }), {
      code: -32602,
      message: "Invalid params",
    });
  }
});

Deno.test("set-register keeps MSR possible in a partition", async () => {
  const guest = new MachineUnderTest({ kernel });
  const all = await set(guest, "msr", "0xffffffffffffffff");
  const { msr: { fields } } = (await guest.call("query-lpcr"))[0]!;
  assert.equal(fields.HV, 0, all);
  assert.equal(fields.SF, 1);
  assert.equal(fields.LE, 1);
  await set(guest, "msr", "0x4000");
  // Problem state has EE, IR and DR on (Book III 4.2.1).
  const [lpcr] = await guest.call("query-lpcr");
  assert.equal(lpcr?.msr.raw, "0xc030");
});

Deno.test("set-register moves the guest, in the other byte order too", async () => {
  const guest = new MachineUnderTest({
    kernel: programImage({ 0: [0x48000000] }), // b .
  });
  guest.runSlices(1);
  await guest.call("memory-write", {
    address: "0x100",
    // li r7,99; b .
    hex: "6300e03800000048",
  });
  await set(guest, "msr", "0x1", { mask: "0x1" });
  await set(guest, "nia", "0x100");
  guest.runSlices(1);
  const { gpr, nia } = await guest.call("query-registers");
  assert.equal(gpr[7], "0x63");
  assert.equal(nia, "0x104");
});

Deno.test("set-register tells of changes of LPCR and names itself", async () => {
  const guest = new MachineUnderTest({ kernel });
  await set(guest, "lpcr", "0x2000000", { mask: "0x2000000" });
  const [event] = guest.events;
  assert.equal(event?.name, "LPCR_CHANGE");
  assert.equal(event?.data.by, "set-register");
  const [lpcr] = await guest.call("query-lpcr");
  assert.equal(lpcr?.interruptByteOrder, "little");
  assert.equal(lpcr?.lastSet?.by, "set-register");
});

Deno.test("set-register sets DEC and what counts with the timebase", async () => {
  const guest = new MachineUnderTest({ kernel });
  guest.runSlices(1);
  assert.equal(await set(guest, "dec", "0x1000"), "0x1000");
  assert.equal(await set(guest, "vtb", "0x55"), "0x55");
  const { vcpus } = await guest.call("query-clock");
  assert.equal(vcpus[0]?.decrementer, "0x1000");
});

Deno.test("set-register refuses registers that only read", async () => {
  const guest = new MachineUnderTest({ kernel });
  for (const register of ["pvr", "tb", "ic"]) {
    await assert.rejects(
      guest.call("set-register", { register, value: "0x0" }),
      {
        code: -32004,
        message: `Cannot set ${register.toUpperCase()}: it is read-only`,
      },
    );
  }
  await assert.rejects(
    guest.call("set-register", { register: "dpdes", value: "0x1" }),
    { code: -32004 },
  );
});

Deno.test("query-registers and set-register know POWER8's registers", async () => {
  const guest = new MachineUnderTest({ kernel, cpu: "power8" });
  const { sprs } = await guest.call("query-registers");
  assert.equal(sprs.PVR, "0x4d0200");
  assert.ok("SDR1" in sprs);
  assert.ok(!("PTCR" in sprs));
  await assert.rejects(
    guest.call("set-register", { register: "ptcr", value: "0x0" }),
    { code: -32002 },
  );
});
