import assert from "node:assert/strict";
import type { PlainState } from "../../../cpu/engine/reference_harness.ts";
import type { IsaVersion } from "../../../cpu/isa/row.ts";
import { SPRS, sprsByNumber } from "../../../cpu/isa/spr.ts";
import { LPCR, MSR } from "../../../cpu/state.ts";
import {
  cause,
  gprs,
  GUEST,
  HYPERVISOR,
  r3,
  run,
  USER,
} from "./system_rows.ts";

const ALL = (1n << 64n) - 1n;

function read(SPR: number, state: PlainState, version: IsaVersion = "3.0") {
  return run("mfspr", { RT: 3, SPR }, state, { version });
}

function write(
  SPR: number,
  value: bigint,
  { state, version = "3.0" }: { state: PlainState; version?: IsaVersion },
) {
  const GPR = gprs({ 4: value });
  return run("mtspr", { SPR, RS: 4 }, { ...state, GPR }, { version });
}

Deno.test("SPRS gives every number a name of its own and a section", () => {
  for (const version of ["2.07", "3.0"] as const) {
    const names = [...sprsByNumber(version).values()].map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
  }
  for (const { name, number, section } of SPRS) {
    assert.match(section, /^(Book I{1,3} \d|POWER[89] )/, name);
    assert(number > 0 && number < 1024, name);
  }
  const numbers = SPRS.map(({ number }) => number);
  assert.deepEqual(numbers, numbers.toSorted((a, b) => a - b));
});

Deno.test("mfspr puts XER together from its parts", () => {
  const state: PlainState = {
    ...USER,
    SO: 1n,
    CA: 1n,
    OV32: 1n,
    XER_RESERVED: 0x3ff80n,
    XER_COUNT: 0x55n,
  };
  assert.equal(r3(read(1, state)), 0xa00b_ffd5n);
  assert.equal(r3(read(1, state, "2.07")), 0xa003_ffd5n);
});

Deno.test("mtspr takes XER apart", () => {
  const { state } = write(1, ALL, { state: USER });
  const parts = ["SO", "OV", "CA", "OV32", "CA32", "XER_COUNT"] as const;
  assert.deepEqual(parts.map((name) => state[name]), [
    1n,
    1n,
    1n,
    1n,
    1n,
    127n,
  ]);
  assert.equal(state.XER_RESERVED, 0x3ff80n);
  const older = write(1, ALL, { state: USER, version: "2.07" }).state;
  assert.deepEqual([older.OV32, older.CA32], [0n, 0n]);
});

Deno.test("DEC is 32 bits wide, or 56 with its sign when LPCR[LD] = 1", () => {
  const past: PlainState = { ...GUEST, DEC_EXPIRY: ALL - 1n };
  assert.equal(r3(read(22, past)), 0xffff_fffen);
  assert.equal(r3(read(22, { ...past, LPCR: LPCR.LD })), ALL - 1n);
  const narrow = write(22, 0x1_8000_0000n, { state: GUEST });
  assert.equal(narrow.exit, "timer");
  assert.equal(narrow.state.DEC_EXPIRY, BigInt.asUintN(64, -0x8000_0000n));
  const wide = write(22, 0x0180_0000_8000_0000n, {
    state: { ...GUEST, LPCR: LPCR.LD },
  });
  assert.equal(
    wide.state.DEC_EXPIRY,
    BigInt.asUintN(64, -(1n << 55n) + 0x8000_0000n),
  );
});

Deno.test("the hypervisor sets parts of the timebase", () => {
  const state: PlainState = { ...HYPERVISOR, TB_OFFSET: 0x1_2345_6789_abcdn };
  const part = (number: number, value: bigint) =>
    write(number, value, { state }).state.TB_OFFSET;
  assert.equal(part(284, 0xffff_ffff_0000_0001n), 0x1_2345_0000_0001n);
  assert.equal(part(285, 0x7n), 0x7_6789_abcdn);
  assert.equal(part(286, 0xabcd_0000_00ff_ffffn), 0xabcd_0000_0089_abcdn);
  assert.equal(cause(write(284, 0n, { state: GUEST })), "privileged");
});

Deno.test("mftb reads the timebase as mfspr does", () => {
  const state: PlainState = { ...USER, TB_OFFSET: 0x5_0000_0007n };
  assert.equal(r3(run("mftb", { RT: 3, SPR: 268 }, state)), 0x5_0000_0007n);
  assert.equal(r3(run("mftb", { RT: 3, SPR: 269 }, state)), 5n);
});

Deno.test("AMR is written where UAMOR, AMOR or the hypervisor allow", () => {
  const state: PlainState = { ...USER, UAMOR: 0xf0n, AMOR: 0xffn, AMR: 0x0fn };
  assert.equal(write(13, ALL, { state }).state.AMR, 0xffn);
  assert.equal(write(13, 0n, { state }).state.AMR, 0x0fn);
  const guest = { ...state, ...GUEST };
  assert.equal(write(29, ALL, { state: guest }).state.AMR, 0xffn);
  assert.equal(write(13, 0n, { state: guest }).state.AMR, 0n);
  assert.equal(write(61, ALL, { state: guest }).state.IAMR, 0xffn);
  assert.equal(write(157, ALL, { state: guest }).state.UAMOR, 0xffn);
  const bare = { ...state, ...HYPERVISOR };
  assert.equal(write(29, ALL, { state: bare }).state.AMR, ALL);
  assert.equal(write(13, ALL, { state: bare }).state.AMR, ALL);
});

Deno.test("problem state writes the performance monitor when PMCC allows", () => {
  const PMC1 = 771;
  const pmcc = (value: bigint): PlainState => ({
    ...USER,
    MMCR0: value << 18n,
  });
  assert.equal(cause(write(PMC1, 5n, { state: pmcc(0n) })), "illegal");
  assert.equal(r3(read(PMC1, { ...pmcc(0n), PMC1: 9n })), 9n);
  const none = write(PMC1, 5n, { state: pmcc(1n) });
  assert.equal(none.raised, "facilityUnavailable");
  assert.equal(none.state.FSCR, (3n << 56n) | ((1n << 56n) - 1n));
  assert.equal(read(PMC1, pmcc(1n)).raised, "facilityUnavailable");
  assert.equal(write(PMC1, 5n, { state: pmcc(2n) }).state.PMC1, 5n);
  const MMCR0 = write(779, ALL, { state: pmcc(3n) }).state.MMCR0;
  assert.equal(MMCR0, 0x840c_0080n);
  assert.equal(
    r3(read(779, { ...pmcc(0n), MMCR0: 0xff00_00f0n })),
    0x8400_0080n,
  );
});

Deno.test("CTRL shows the thread's run latch, and as a field to privileged state", () => {
  const state: PlainState = { CTRL: 1n, TIR: 2n };
  assert.equal(r3(read(136, { ...USER, ...state })), 1n);
  assert.equal(r3(read(136, { ...GUEST, ...state })), 0x2001n);
  assert.equal(write(152, 0xffn, { state: GUEST }).state.CTRL, 1n);
});

Deno.test("PPR32 is the upper word of PPR", () => {
  assert.equal(write(898, 0xffff_ffffn, { state: USER }).state.PPR, 7n << 50n);
  assert.equal(r3(read(898, { ...USER, PPR: 4n << 50n })), 4n << 18n);
});

Deno.test("BESCRS and BESCRR set and reset bits of BESCR", () => {
  const state: PlainState = { ...USER, BESCR: 0x8000_0001_0000_0001n };
  assert.equal(write(800, 2n, { state }).state.BESCR, 0x8000_0001_0000_0003n);
  assert.equal(write(801, 2n, { state }).state.BESCR, 0x8000_0003_0000_0001n);
  assert.equal(write(802, 1n, { state }).state.BESCR, 0x8000_0001_0000_0000n);
  assert.equal(write(803, 1n, { state }).state.BESCR, 0x8000_0000_0000_0001n);
  assert.equal(r3(read(801, state)), 0x8000_0001n);
});

Deno.test("DPDES shows the thread's doorbell, and the hypervisor rings it", () => {
  const pending: PlainState = { TIR: 1n, PENDING: 32n };
  assert.equal(r3(read(176, { ...GUEST, ...pending })), 2n);
  assert.equal(r3(read(176, GUEST)), 0n);
  const rung = write(176, 2n, { state: { ...HYPERVISOR, TIR: 1n } });
  assert.equal(rung.exit, "message");
  assert.equal((rung.state.EXIT_VALUE as bigint[])[0], 0x1_2800_0001n);
  const quiet = write(176, 0n, { state: { ...HYPERVISOR, ...pending } });
  assert.equal(quiet.state.PENDING, 0n);
  assert.equal(cause(write(176, 0n, { state: GUEST })), "privileged");
});

Deno.test("registers that POWER8 does not have are undefined there", () => {
  const GPR = gprs({ 3: 5n });
  for (const number of [144, 464, 816, 823, 855]) {
    assert(sprsByNumber("3.0").has(number));
    const { raised, state } = read(number, { ...GUEST, GPR }, "2.07");
    assert.equal(raised, undefined);
    assert.equal((state.GPR as bigint[])[3], 5n);
  }
  assert.equal(
    write(153, ALL, { state: GUEST, version: "2.07" }).state.FSCR,
    (0xffn << 56n) | 0x184n,
  );
  assert.equal(
    write(895, 7n, { state: GUEST, version: "2.07" }).state.WORT,
    7n,
  );
});

Deno.test("facilities are denied to problem state only", () => {
  for (const [number, facility] of [[3, 2n], [806, 7n], [815, 8n]] as const) {
    const denied = read(number, { ...USER, FSCR: 0n });
    assert.equal(denied.raised, "facilityUnavailable");
    assert.equal(denied.state.FSCR, facility << 56n);
    const allowed = read(number, { ...GUEST, FSCR: 0n });
    assert.equal(allowed.raised, undefined);
  }
  const { raised } = read(130, { PAPR: 1n, MSR: MSR.SF, FSCR: 0n });
  assert.equal(raised, "facilityUnavailable");
});
