import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { labGuest } from "../../../guests/mod.ts";
import { MachineUnderTest, programImage, SET_MODE_LE } from "./_machine.ts";

Deno.test("query-hcalls counts calls and shows their last result", async () => {
  const guest = new MachineUnderTest({ kernel: programImage(SET_MODE_LE) });
  assert.deepEqual(await guest.call("query-hcalls"), []);
  guest.runSlices(2);
  const set = {
    name: "H_SET_MODE",
    number: "0x31c",
    count: 1,
    last: { value: 0, name: "H_SUCCESS" },
  };
  assert.deepEqual(await guest.call("query-hcalls"), [set]);
  assert.deepEqual(
    await guest.call("query-hcalls", { names: ["H_CEDE", "H_SET_MODE"] }),
    [{ name: "H_CEDE", number: "0xe0", count: 0, last: null }, set],
  );
  await assert.rejects(guest.call("query-hcalls", { names: ["H_NOTHING"] }), {
    code: -32002,
    message: "Cannot find call: H_NOTHING",
  });
});

Deno.test("query-hcalls knows calls that are not there by number", async () => {
  const guest = new MachineUnderTest({
    kernel: programImage({
      0: [0x38607ffc, 0x44000022, 0x48000000], // li r3,0x7ffc; sc 1; b .
    }),
  });
  guest.runSlices(2);
  const last = { value: -2, name: "H_FUNCTION" };
  assert.deepEqual(await guest.call("query-hcalls"), [
    { name: "0x7ffc", number: "0x7ffc", count: 1, last },
  ]);
  const event = guest.events.find(({ name }) => name === "HCALL");
  assert.deepEqual(event?.data.name, "0x7ffc");
  assert.deepEqual(event?.data.result, last);
});

Deno.test("query-rtas knows the names of the device tree", async () => {
  const guest = new MachineUnderTest({ kernel: programImage(SET_MODE_LE) });
  assert.deepEqual(await guest.call("query-rtas"), []);
  const [row] = await guest.call("query-rtas", { names: ["get-time-of-day"] });
  assert.equal(row?.count, 0);
  assert.equal(row?.last, null);
  const rtas = await guest.call("query-device-tree", { path: "/rtas" });
  assert.deepEqual(rtas.properties["get-time-of-day"], {
    cells: [`0x${row?.token.toString(16)}`],
  });
});

Deno.test("query-unimplemented counts instructions by name", async () => {
  const guest = new MachineUnderTest({
    kernel: programImage({
      0: [0x4c000264, 0x48000000], // urfid
      0x700: [
        0x7c9a02a6, // mfsrr0 r4
        0x28040000, // cmplwi r4,0
        0x40820010, // bne 0x718
        0x38800008, // li r4,8
        0x7c9a03a6, // mtsrr0 r4
        0x4c000024, // rfid
        0x48000000, // b .
      ],
      8: [0x4fe00264, 0x48000000], // urfid, reserved bits set
    }),
  });
  assert.deepEqual(await guest.call("query-unimplemented"), []);
  guest.runSlices(2);
  assert.deepEqual(await guest.call("query-unimplemented"), [{
    name: "urfid",
    count: 2,
    words: [
      { word: "0x4c000264", text: ".long 0x4c000264", count: 1 },
      { word: "0x4fe00264", text: ".long 0x4fe00264", count: 1 },
    ],
  }]);
});

Deno.test("query-unimplemented stays small when a guest invents words", async () => {
  const guest = new MachineUnderTest({
    kernel: programImage({
      0: [
        0x3d407c00, // lis r10,0x7c00
        0x614a05a4, // ori r10,r10,0x5a4: hashst r0,-512(0)
        0x39800100, // li r12,0x100
        0x91400100, // stw r10,0x100(0)
        0x7c0067ac, // icbi 0,r12
        0x4c00012c, // isync
        0x394a0800, // addi r10,r10,0x800: the next operands
        0x480000e4, // b 0x100
      ],
      0x100: [0, 0x4bffff08], // b 0xc
      0x700: [
        0x7c9a02a6, // mfsrr0 r4
        0x38840004, // addi r4,r4,4
        0x7c9a03a6, // mtsrr0 r4
        0x4c000024, // rfid
      ],
    }),
  });
  guest.runSlices(3);
  const { unknown } = guest.machine.accelerator;
  assert.equal(unknown.size, 1024);
  const [hashst, ...others] = await guest.call("query-unimplemented");
  assert.deepEqual(others, []);
  assert.equal(hashst?.name, "hashst");
  assert.equal(hashst.words.length, 16);
  assert.equal(hashst.words[0]?.word, "0x7c0005a4");
  const { gpr } = await guest.call("query-registers");
  const made = (BigInt(gpr[10]!) - 0x7c00_05a4n) / 0x800n;
  assert.ok(made > 5000n);
  assert.ok(Math.abs(hashst.count - Number(made)) <= 1);
});

Deno.test("query-hcalls and query-rtas tell what the lab guest did", async () => {
  const { kernel } = labGuest();
  const guest = new MachineUnderTest({ kernel: readFileSync(kernel) });
  guest.runUntil(() => guest.machine.ended !== undefined);
  assert.match(guest.text, /LAB DONE:/);
  const status = await guest.call("query-status");
  assert.deepEqual(status, {
    status: "shutdown",
    running: false,
    reason: "power-off",
  });
  const hcalls = await guest.call("query-hcalls");
  const sets = hcalls.find(({ name }) => name === "H_SET_MODE");
  assert.ok(sets && sets.count >= 2);
  const events = guest.events.filter(({ name }) => name === "HCALL");
  assert.equal(
    hcalls.reduce((sum, { count }) => sum + count, 0),
    events.length,
  );
  const rtas = await guest.call("query-rtas");
  assert.ok(
    rtas.some(({ name, count }) => name === "power-off" && count === 1),
  );
});
