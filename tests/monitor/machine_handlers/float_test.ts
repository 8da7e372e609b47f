import assert from "node:assert/strict";
import { MachineUnderTest, programImage } from "./_machine.ts";

/** fadd of numbers, then of what only the long way adds; frsp; dadd; lfd. */
const PROGRAM = [
  0x38602000, // li r3,0x2000 (MSR[FP])
  0x7c600124, // mtmsr r3
  0x38801000, // li r4,0x1000
  0xc8240000, // lfd f1,0(r4): 1.5
  0xc8440008, // lfd f2,8(r4): least denormalized
  0x38a0000a, // li r5,10
  0x7ca903a6, // mtctr r5
  0xfc61082a, // fadd f3,f1,f1
  0xfc801018, // frsp f4,f2
  0xfca10018, // frsp f5,f0
  0xfcc2102a, // fadd f6,f2,f2
  0xece11004, // dadd f7,f1,f2
  0x4200ffec, // bdnz to fadd
  0x48000000, // b .
];

Deno.test("query-float counts what goes the long way while count-float is on", async () => {
  const image = programImage({
    0: PROGRAM,
    0x1000: [0x3ff80000, 0, 0, 1],
  });
  const counted = new MachineUnderTest({ kernel: image });
  const none = { counting: false, instructions: 0, long: 0 };
  assert.deepEqual(await counted.call("query-float"), none);
  assert.deepEqual(await counted.call("count-float", { on: true }), {});
  counted.runSlices(2);
  // 10 × (fadd, frsp, frsp, fadd, dadd); frsp of zero is long too.
  assert.deepEqual(await counted.call("query-float"), {
    counting: true,
    instructions: 50,
    long: 40,
  });
  await counted.call("count-float", { on: false });
  assert.deepEqual(await counted.call("query-float"), {
    counting: false,
    instructions: 50,
    long: 40,
  });
  const uncounted = new MachineUnderTest({ kernel: image });
  uncounted.runSlices(2);
  assert.deepEqual(await uncounted.call("query-float"), none);
});
