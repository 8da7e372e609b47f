import assert from "node:assert/strict";
import { trace } from "../../../cpu/engine/tracer.ts";
import { ISA } from "../../../cpu/isa/mod.ts";
import { type Instruction, row } from "../../../cpu/isa/row.ts";
import { subroutine } from "../../../cpu/isa/subroutine.ts";

function named(name: string): Instruction {
  const insn = ISA.find((candidate) => candidate.name === name);
  assert(insn, `no row ${name}`);
  return insn;
}

Deno.test("trace() finds what adde reads and writes", () => {
  const all = trace(named("adde"));
  assert.deepEqual(
    [...all.reads].sort(),
    ["CA", "GPR[RA]", "GPR[RB]", "MSR", "SO"],
  );
  assert.deepEqual(
    [...all.writes].sort(),
    ["CA", "CA32", "CR[0]", "GPR[RT]", "OV", "OV32", "SO"],
  );
  assert(!all.loads && !all.stores && !all.jumps);
  const plain = trace(named("adde"), { word: 0x7c64_2914 });
  assert.deepEqual([...plain.writes].sort(), ["CA", "CA32", "GPR[RT]"]);
});

Deno.test("trace() follows the fixed fields that a word settles", () => {
  const bc = named("bc");
  assert.deepEqual([...trace(bc).reads].sort(), ["CR{BI}", "CTR"]);
  assert.deepEqual([...trace(bc).writes].sort(), ["CTR", "LR"]);
  const always = trace(bc, { word: 0x4280_0008 });
  assert.deepEqual([...always.reads], []);
  assert.deepEqual([...always.writes], []);
  assert(always.jumps);
  const counted = trace(bc, { word: 0x4200_0008 });
  assert.deepEqual([...counted.reads], ["CTR"]);
});

Deno.test("trace() notes what storage instructions may do", () => {
  const through = subroutine("through", 1, (m, ea) => m.load(4, ea), {
    raises: true,
  });
  const insn = row("try RT,RA,RB", "X", [31, 1], (m, f) => {
    m.privileged();
    const value = m.call(through, m.gprOrZero(f.RA));
    m.if(m.nonZero(value), () => m.store(4, m.gpr(f.RB), value), () => {
      m.program("illegal");
    });
    m.setGpr(f.RT, value);
    m.exit("wait");
  });
  const notes = trace(insn);
  assert(notes.loads && notes.stores && !notes.jumps);
  assert.deepEqual(
    [...notes.raises].sort(),
    ["program(illegal)", "program(privileged)"],
  );
  assert.deepEqual([...notes.exits], ["wait"]);
  assert(notes.reads.has("GPR[RA|0]"));
  assert.deepEqual([...notes.early], []);
});

Deno.test("trace() finds registers written before something may fault", () => {
  const early = row("early RT,RA,RB", "X", [31, 1], (m, f) => {
    const ea = m.gpr(f.RA);
    m.setGpr(f.RA, m.add(ea, m.const(4)));
    m.setGpr(f.RT, m.load(4, ea));
  });
  assert.deepEqual([...trace(early).early], ["GPR[RA]"]);
  const apart = row("apart RT,RA,RB", "X", [31, 1], (m, f) => {
    const ea = m.gpr(f.RA);
    m.if(
      m.nonZero(ea),
      () => m.setGpr(f.RT, ea),
      () => m.program("trap"),
    );
  });
  assert.deepEqual([...trace(apart).early], []);
});

Deno.test("trace() throws when a meaning looks at a field that is not fixed", () => {
  const insn = row("peek RT,RA,RB", "X", [31, 1], (m, f) => {
    m.when(f.RA, () => {});
  });
  assert.throws(() => trace(insn), {
    name: "TypeError",
    message: "Cannot trace peek: field is not fixed: RA",
  });
});

Deno.test("trace() finds no row that writes before it may fault", () => {
  for (const insn of ISA) {
    assert.deepEqual([...trace(insn).early], [], insn.syntax);
  }
});
