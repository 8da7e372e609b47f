import assert from "node:assert/strict";
import { MachineUnderTest, programImage } from "./_machine.ts";
import { BASE, EAA, mapPages, REGISTER_RADIX } from "./_radix.ts";

const kernel = programImage(REGISTER_RADIX);

Deno.test("disassemble shows the next instructions if no address is given", async () => {
  const guest = new MachineUnderTest({ kernel });
  assert.deepEqual(await guest.call("disassemble", { count: 2 }), {
    byteOrder: "big",
    instructions: [
      { address: "0x0", word: "0x3860037c", text: "addi    r3,0,892" },
      { address: "0x4", word: "0x3880001d", text: "addi    r4,0,29" },
    ],
  });
  guest.runSlices(2);
  const { instructions } = await guest.call("disassemble", { count: 1 });
  assert.deepEqual(instructions, [
    { address: "0x18", word: "0x48000000", text: "b       0x18" },
  ]);
});

Deno.test("disassemble reads words in the order asked for", async () => {
  const guest = new MachineUnderTest({ kernel });
  await guest.call("memory-write", { address: "0x1000", hex: "6300e038" });
  const where = { address: "0x1000", count: 1, space: "physical" } as const;
  const little = await guest.call("disassemble", {
    ...where,
    byteOrder: "little",
  });
  assert.equal(little.byteOrder, "little");
  assert.equal(little.instructions[0]?.text, "addi    r7,0,99");
  const big = await guest.call("disassemble", where);
  assert.equal(big.instructions[0]?.word, "0x6300e038");
  await guest.call("set-register", { register: "msr", value: "0x1" });
  const own = await guest.call("disassemble", where);
  assert.equal(own.byteOrder, "little");
});

Deno.test("disassemble translates as a fetch, and stops where storage ends", async () => {
  const guest = new MachineUnderTest({ kernel });
  guest.runSlices(2);
  await mapPages(guest, [
    { real: 0, eaa: EAA.execute },
    { real: 0x5000, eaa: EAA.read },
  ]);
  const address = `0x${(BASE + 0xff8n).toString(16)}`;
  const { instructions } = await guest.call("disassemble", {
    address,
    count: 8,
  });
  assert.deepEqual(instructions.map(({ address, text }) => [address, text]), [
    ["0xc000000000000ff8", ".long 0x0"],
    ["0xc000000000000ffc", ".long 0x0"],
  ]);
  await assert.rejects(
    guest.call("disassemble", { address: "0xc000000000001000" }),
    { code: -32003, data: { address: "0xc000000000001000" } },
  );
});

Deno.test("disassemble wants aligned addresses", async () => {
  const guest = new MachineUnderTest({ kernel });
  await assert.rejects(guest.call("disassemble", { address: "0x2" }), {
    code: -32602,
    data: { issues: [{ path: "address", message: "Not a multiple of 4" }] },
  });
});
