import assert from "node:assert/strict";
import { buildDecoder } from "../../../cpu/isa/decoder.ts";
import { disassemble, disassembleWord } from "../../../cpu/isa/disassembler.ts";
import { row } from "../../../cpu/isa/row.ts";

const b = row("b[l][a] LI", "I", [18], () => {});

Deno.test("disassemble() gives branch targets when it knows the address", () => {
  assert.equal(
    disassemble(b, 0x4800_0010, { address: 0x100 }),
    "b       0x110",
  );
  assert.equal(
    disassemble(b, 0x4bff_fff1, { address: 0xc000_0000_0000_0000n }),
    "bl      0xbffffffffffffff0",
  );
  assert.equal(
    disassemble(b, 0x4bff_fffc, { address: 0 }),
    "b       0xfffffffffffffffc",
  );
});

Deno.test("disassemble() gives distances when it does not", () => {
  assert.equal(disassemble(b, 0x4800_0010), "b       .+0x10");
  assert.equal(disassemble(b, 0x4bff_fff0), "b       .-0x10");
  assert.equal(disassemble(b, 0x4800_0103), "bla     0x100");
});

Deno.test("disassemble() writes 0 for r0 where the meaning takes (RA|0)", () => {
  const based = row("addi RT,RA,SI", "D", [14], (m, f) => {
    m.setGpr(f.RT, m.add(m.gprOrZero(f.RA), m.field(f.SI)));
  });
  const plain = row("addic RT,RA,SI", "D", [12], (m, f) => {
    m.setGpr(f.RT, m.add(m.gpr(f.RA), m.field(f.SI)));
  });
  assert.equal(disassemble(based, 0x3860_ffff), "addi    r3,0,-1");
  assert.equal(disassemble(based, 0x3801_0001), "addi    r0,r1,1");
  assert.equal(disassemble(plain, 0x3060_ffff), "addic   r3,r0,-1");
});

Deno.test("disassemble() keeps literals and long mnemonics apart", () => {
  const long = row("extraordinary. RT,7(RA)", "X", [31, 1], () => {});
  assert.equal(disassemble(long, 0x7c64_0002), "extraordinary. r3,7(r4)");
  const bare = row("nothing", "X", [31, 1], () => {});
  assert.equal(disassemble(bare, 0x7c64_0002), "nothing");
});

Deno.test("disassembleWord() writes .long where there is no row", () => {
  const decode = buildDecoder([b]);
  assert.equal(disassembleWord(0x4800_0000, 8, decode), "b       0x8");
  assert.equal(disassembleWord(0, 0, decode), ".long 0x0");
  assert.equal(disassembleWord(-1, 0, decode), ".long 0xffffffff");
});
