import assert from "node:assert/strict";
import { LPCR, MSR, type StateName } from "../../../cpu/state.ts";
import { PTE, RadixTrees } from "../mmu/radix_tree.ts";
import { type Bench, createBench, write } from "./accelerators.ts";
import { ATTN, li, op, realMode } from "./programs.ts";

const CODE = 0x8000;
const ROUTINE = 0xa000;
const BRANCH_TO_SELF = op("b", { LI: 0 });
const LEAVE = op("sc", { LEV: 1 });

/** Lets a vCPU go on from an address until it leaves. */
function enter(
  { accelerator }: Bench,
  vcpu: number,
  { nia, msr, gpr = {} }: {
    nia: number | bigint;
    msr: bigint;
    gpr?: Readonly<Record<number, bigint>>;
  },
): (name: StateName, index?: number) => bigint {
  accelerator.setOneReg(vcpu, "NIA", BigInt(nia));
  accelerator.setOneReg(vcpu, "MSR", msr);
  for (const [index, value] of Object.entries(gpr)) {
    accelerator.setOneReg(vcpu, "GPR", value, { index: Number(index) });
  }
  accelerator.run(vcpu, 20);
  return (name, index) => accelerator.getOneReg(vcpu, name, index);
}

/** RAM, and registers of two vCPUs at once. */
function onBoth({ accelerator, ram }: Bench): Pick<Bench, "ram" | "set"> {
  return {
    ram,
    set(name, value) {
      for (const vcpu of [0, 1]) accelerator.setOneReg(vcpu, name, value);
    },
  };
}

Deno.test("a vCPU carries out what another has stored over code that both have decoded", () => {
  const bench = createBench({ vcpus: 3 });
  write(bench, { at: ROUTINE }, [li(3, 1), ATTN]);
  write(bench, { at: CODE }, [op("stw", { RS: 5, RA: 4, SI: 0 }), ATTN]);
  const msr = realMode(false);
  for (let value = 2; value < 5; value++) {
    for (const vcpu of [0, 1, 2]) enter(bench, vcpu, { nia: ROUTINE, msr });
    enter(bench, value % 3, {
      nia: CODE,
      msr,
      gpr: { 4: BigInt(ROUTINE), 5: BigInt(li(3, value)) },
    });
    for (const vcpu of [0, 1, 2]) {
      const get = enter(bench, vcpu, { nia: ROUTINE, msr });
      assert.equal(get("GPR", 3), BigInt(value), `vCPU ${vcpu}`);
    }
  }
});

Deno.test("a vCPU that has stored to a page notices when another carries it out", () => {
  const bench = createBench({ vcpus: 2 });
  write(bench, { at: ROUTINE }, [li(3, 1), ATTN]);
  write(bench, { at: CODE }, [op("stw", { RS: 5, RA: 4, SI: 0 }), ATTN]);
  const msr = realMode(false);
  // vCPU 0 may store before the page is code, and goes on when it is.
  for (let value = 2; value < 6; value++) {
    enter(bench, 0, {
      nia: CODE,
      msr,
      gpr: { 4: BigInt(ROUTINE), 5: BigInt(li(3, value)) },
    });
    const get = enter(bench, 1, { nia: ROUTINE, msr });
    assert.equal(get("GPR", 3), BigInt(value));
  }
});

const EA = 0x1000_0000n;
/** An address of the system, which process 0 is. */
const SYSTEM_EA = 0xc000_0000_1000_5000n;
const TLBIE = CODE + 8;
const TLBIEL = CODE + 16;

/** Two vCPUs that load words by way of a radix tree. */
class TwoReaders {
  readonly #bench = createBench({ vcpus: 2, ramBytes: 4 << 20 });
  readonly #trees = new RadixTrees(onBoth(this.#bench));

  constructor() {
    const bench = this.#bench;
    for (const vcpu of [0, 1]) {
      bench.accelerator.setOneReg(vcpu, "PAPR", 1n);
      bench.accelerator.setOneReg(vcpu, "LPCR", LPCR.GTSE, { mask: LPCR.GTSE });
    }
    const operands = { RB: 6, RS: 7, RIC: 0, PRS: 1, R: 1 };
    write(bench, { at: CODE }, [op("lwz", { RT: 3, RA: 4, SI: 0 }), LEAVE]);
    write(bench, { at: TLBIE }, [op("tlbie", operands), LEAVE]);
    write(bench, { at: TLBIEL }, [op("tlbiel", operands), LEAVE]);
    for (const vector of [0x300, 0x700]) {
      write(bench, { at: vector }, [BRANCH_TO_SELF]);
    }
    write(bench, { at: 0x20_0000 }, [111]);
    write(bench, { at: 0x20_1000 }, [222]);
  }

  /** Maps both pages to where that number is. */
  map(number: 111 | 222): void {
    for (const ea of [EA, SYSTEM_EA]) {
      this.#trees.map({
        ea,
        real: number === 111 ? 0x20_0000n : 0x20_1000n,
        shift: 12,
        flags: PTE.readWrite | PTE.privileged,
      });
    }
  }

  /** What each vCPU finds. */
  load(ea: bigint): bigint[] {
    return [0, 1].map((vcpu) =>
      enter(this.#bench, vcpu, {
        nia: CODE,
        msr: MSR.SF | MSR.ME | MSR.DR,
        gpr: { 4: ea },
      })("GPR", 3)
    );
  }

  invalidate(
    vcpu: number,
    at: typeof TLBIE | typeof TLBIEL,
    { rb = EA, pid = 1n }: { rb?: bigint; pid?: bigint } = {},
  ): void {
    const get = enter(this.#bench, vcpu, {
      nia: at,
      msr: MSR.SF | MSR.ME,
      gpr: { 6: rb, 7: pid << 32n },
    });
    assert.equal(get("NIA"), BigInt(at + 8));
  }
}

Deno.test("tlbie and tlbiel reach the translations of all vCPUs, and of one", () => {
  const readers = new TwoReaders();
  readers.map(111);
  assert.deepEqual(readers.load(EA), [111n, 111n]);
  readers.map(222);
  readers.invalidate(0, TLBIEL);
  assert.deepEqual(readers.load(EA), [222n, 111n]);
  readers.invalidate(0, TLBIE);
  assert.deepEqual(readers.load(EA), [222n, 222n]);
  readers.map(111);
  readers.invalidate(1, TLBIE);
  assert.deepEqual(readers.load(EA), [111n, 111n]);
});

for (
  const { what, rb, pid, kept } of [
    { what: "a page of a process", rb: EA, pid: 1n, kept: true },
    { what: "a process", rb: 0x400n, pid: 1n, kept: true },
    { what: "process 0", rb: 0x400n, pid: 0n, kept: false },
    { what: "everything", rb: 0xc00n, pid: 1n, kept: false },
    { what: "a page of the system", rb: SYSTEM_EA, pid: 0n, kept: false },
  ]
) {
  Deno.test(`tlbie of ${what} ${kept ? "leaves" : "drops"} what another vCPU has of the system`, () => {
    const readers = new TwoReaders();
    readers.map(111);
    assert.deepEqual(readers.load(EA), [111n, 111n]);
    assert.deepEqual(readers.load(SYSTEM_EA), [111n, 111n]);
    readers.map(222);
    readers.invalidate(0, TLBIE, { rb, pid });
    assert.equal(readers.load(SYSTEM_EA)[1], kept ? 111n : 222n);
    assert.equal(readers.load(EA)[1], 222n);
  });
}

Deno.test("InlineAccelerator.dropTranslationsTo() reaches data and code of all vCPUs, and no other page", () => {
  const bench = createBench({ vcpus: 2, ramBytes: 4 << 20 });
  const { accelerator } = bench;
  const trees = new RadixTrees(onBoth(bench));
  for (const vcpu of [0, 1]) accelerator.setOneReg(vcpu, "PAPR", 1n);
  const eas = [0, 1, 2, 3].map((i) =>
    0xc000_0000_3000_0000n + BigInt(i * 4096)
  );
  const reals = [0x20_0000, 0x20_1000, 0x20_2000, 0x20_3000];
  const entries = reals.map((real, i) => {
    write(bench, { at: real }, [li(3, i), LEAVE, 1000 + i]);
    return trees.map({
      ea: eas[i] ?? 0n,
      real: BigInt(real),
      shift: 12,
      flags: PTE.readWrite | PTE.privileged | PTE.execute,
    });
  });
  write(bench, { at: CODE }, [op("lwz", { RT: 3, RA: 4, SI: 8 }), LEAVE]);
  for (const vector of [0x300, 0x400]) {
    write(bench, { at: vector }, [BRANCH_TO_SELF]);
  }
  const use = (vcpu: number) =>
    eas.map((ea) => {
      const at = (nia: bigint, relocation: bigint) =>
        enter(bench, vcpu, {
          nia,
          msr: MSR.SF | MSR.ME | relocation,
          gpr: { 3: 0n, 4: ea },
        });
      const loaded = at(BigInt(CODE), MSR.DR);
      const data = loaded("NIA") === 0x300n ? "none" : loaded("GPR", 3);
      const fetched = at(ea, MSR.IR);
      const code = fetched("NIA") === 0x400n ? "none" : fetched("GPR", 3);
      return `${data} ${code}`;
    });
  const all = ["1000 0", "1001 1", "1002 2", "1003 3"];
  assert.deepEqual([use(0), use(1)], [all, all]);
  // All entries go, but only what leads to two pages is to be forgotten.
  const view = new DataView(bench.ram.buffer, bench.ram.byteOffset);
  for (const entry of entries) view.setBigUint64(entry, 0n);
  accelerator.dropTranslationsTo(0x20_1000, 0x2000);
  const some = ["1000 0", "none none", "none none", "1003 3"];
  assert.deepEqual([use(0), use(1)], [some, some]);
  accelerator.dropTranslationsTo(2 ** 40, 4096);
  assert.deepEqual(use(0), some);
  accelerator.dropTranslationsTo(0, 2 ** 34);
  const none = new Array(4).fill("none none");
  assert.deepEqual([use(0), use(1)], [none, none]);
});

Deno.test("InlineAccelerator.setOneReg() forgets translations that the register has made", () => {
  const bench = createBench({ ramBytes: 4 << 20 });
  const trees = new RadixTrees(bench);
  bench.set("PAPR", 1n);
  trees.map({
    ea: 0x1000_0000n,
    real: 0x20_0000n,
    shift: 12,
    flags: PTE.readWrite,
  });
  write(bench, { at: CODE }, [op("lwz", { RT: 3, RA: 4, SI: 0 }), LEAVE]);
  for (const vector of [0x300, 0x380]) {
    write(bench, { at: vector }, [BRANCH_TO_SELF]);
  }
  const load = () =>
    enter(bench, 0, {
      nia: CODE,
      msr: MSR.SF | MSR.ME | MSR.DR,
      gpr: { 4: 0x1000_0000n },
    })("NIA");
  const changes = [["AMR", 3n << 62n], ["PIDR", 1n], ["LPCR", 0n]] as const;
  for (const [name, value] of changes) {
    const old = bench.get(name);
    assert.equal(load(), BigInt(CODE + 8), name);
    bench.set(name, value);
    assert.notEqual(load(), BigInt(CODE + 8), name);
    bench.set(name, old);
  }
});
