// Reservations and atomic memory operations of vCPUs that run at once.
import assert from "node:assert/strict";
import { op } from "../engine/programs.ts";
import { LEAVE, ThreadBench } from "./_bench.ts";
import {
  addi,
  branchUnless,
  countDown,
  increment,
  waitFor,
} from "./_programs.ts";

const CODE = 0x1000;
const AT = 0x8000;
const GATE = 0x9000;
const ROUNDS = 200_000;
const VCPUS = 4;

/** Carries a body out so many times on every vCPU at once. */
function everywhere(
  bench: ThreadBench,
  body: readonly number[],
  gpr: (vcpu: number) => Readonly<Record<number, number>>,
): void {
  const together = [...increment(30, 29), ...waitFor(30, 31, 29)];
  bench.ram.setBigUint64(GATE, 0n);
  bench.write(CODE, [...together, ...body, countDown(-body.length), LEAVE]);
  const vcpus = Array.from({ length: VCPUS }, (_, vcpu) => vcpu);
  for (const vcpu of vcpus) {
    bench.enter(vcpu, {
      nia: CODE,
      gpr: { ...gpr(vcpu), 30: GATE, 31: VCPUS },
    });
    bench.accelerator.setOneReg(vcpu, "CTR", BigInt(ROUNDS));
  }
  bench.run(vcpus);
}

function conditional(bytes: 1 | 2 | 4): number[] {
  const [load, store] = {
    1: ["lbarx", "stbcx."],
    2: ["lharx", "sthcx."],
    4: ["lwarx", "stwcx."],
  }[bytes] as [string, string];
  return [
    op(load, { RT: 8, RA: 0, RB: 3 }),
    addi(8, 8, 1),
    op(store, { RS: 8, RA: 0, RB: 3 }),
    branchUnless("eq", -3),
  ];
}

for (const engine of ["interpreter", "jit"] as const) {
  Deno.test(`reservations and atomic memory operations of four vCPUs lose nothing, on the ${engine}`, async (t) => {
    using bench = new ThreadBench({ vcpus: VCPUS, engine });
    const { ram } = bench;
    await t.step("ldarx, stdcx. on one doubleword", () => {
      ram.setBigUint64(AT, 0n);
      everywhere(bench, increment(3, 8), () => ({ 3: AT }));
      assert.equal(ram.getBigUint64(AT), BigInt(VCPUS * ROUNDS));
    });
    for (const bytes of [1, 2, 4] as const) {
      await t.step(`${bytes} bytes each, next to each other`, () => {
        ram.setBigUint64(AT, 0n);
        ram.setBigUint64(AT + 8, 0n);
        everywhere(
          bench,
          conditional(bytes),
          (vcpu) => ({ 3: AT + bytes * vcpu }),
        );
        const wanted = BigInt.asUintN(8 * bytes, BigInt(ROUNDS));
        for (let vcpu = 0; vcpu < VCPUS; vcpu++) {
          const got = { 1: ram.getUint8, 2: ram.getUint16, 4: ram.getUint32 }[
            bytes
          ].call(ram, AT + bytes * vcpu);
          assert.equal(BigInt(got), wanted);
        }
      });
    }
    await t.step("ldat and stwat that add", () => {
      ram.setBigUint64(AT, 0n);
      ram.setBigUint64(AT + 8, 0n);
      // RT + 1 is what is added.
      const body = [
        op("ldat", { RT: 8, RA: 3, FC: 0 }),
        op("stwat", { RS: 9, RA: 4, FC: 0 }),
      ];
      everywhere(
        bench,
        body,
        (vcpu) => ({ 3: AT, 4: AT + 8, 9: vcpu + 1 }),
      );
      const sum = 1 + 2 + 3 + 4;
      assert.equal(ram.getBigUint64(AT), BigInt(sum * ROUNDS));
      assert.equal(ram.getUint32(AT + 8), sum * ROUNDS);
    });
    await t.step("lqarx, stqcx. move both doublewords at once", () => {
      ram.setBigUint64(AT, 0n);
      ram.setBigUint64(AT + 8, 0n);
      const body = [
        op("lqarx", { RTp: 8, RA: 0, RB: 3 }),
        addi(8, 8, 1),
        addi(9, 9, 2),
        op("stqcx.", { RSp: 8, RA: 0, RB: 3 }),
        branchUnless("eq", -4),
      ];
      everywhere(bench, body, () => ({ 3: AT }));
      const both = [ram.getBigUint64(AT), ram.getBigUint64(AT + 8)];
      assert.deepEqual(both.map(Number), [
        VCPUS * ROUNDS,
        2 * VCPUS * ROUNDS,
      ]);
    });
  });
}
