// Which rows a region carries out itself: what is called instead, with its
// registers stored before and loaded behind, is named.
import assert from "node:assert/strict";
import { EffectsOf } from "../../../cpu/engine/jit/effects.ts";
import { layOutMemory } from "../../../cpu/engine/layout.ts";
import { encode } from "../../../cpu/isa/encoder.ts";
import { CHAPTERS } from "../../../cpu/isa/mod.ts";
import type { Instruction } from "../../../cpu/isa/row.ts";

/** Chapters that compilers draw integer code from. */
const INTEGER =
  /^(Book I (2|3|6\.[789]|6\.1[2-7])|Book I 7\.6\.3 VSX (Move|Logical|Permute)|Book II 4\.[36])/;

const CALLED = new Set([
  "bctar", // not a branch to regions
  "lq stq lmw stmw lswi lswx stswi stswx", // long
  "divde divdeu cdtbcd cbcdtd vslv", // long
  "darn", // asks the host
  "lqarx stqcx.", // under a lock
  "wait", // leaves for the machine
].flatMap((names) => names.split(" ")));

/** Operands that no row refuses. */
const FIELDS: Readonly<Record<string, number>> = {
  RT: 4,
  RTp: 4,
  RS: 4,
  RSp: 4,
  RA: 6,
  RB: 8,
  RC: 10,
  BO: 20,
  FXM: 1,
  SPR: 8,
};

function encoded(row: Instruction): number {
  const names = [...row.fields.keys()];
  return encode(
    row,
    Object.fromEntries(names.map((name) => [name, FIELDS[name] ?? 0])),
  );
}

for (const littleEndian of [true, false]) {
  const order = littleEndian ? "little" : "big";
  Deno.test(`a region carries out every integer row itself that is not named, ${order}-endian`, () => {
    const layout = layOutMemory({
      ramBytes: 1 << 20,
      vcpus: 1,
      hashTableBytes: 0,
      sharedBytes: 0,
    });
    const effects = new EffectsOf(layout, { littleEndian, sixtyFour: true });
    const called = new Set<string>();
    let count = 0;
    for (const { section, title, rows } of CHAPTERS) {
      if (!INTEGER.test(`${section} ${title}`)) continue;
      for (const row of rows) {
        count++;
        if (!effects.get(row, encoded(row)).inline) called.add(row.name);
      }
    }
    assert.deepEqual([...called].sort(), [...CALLED].sort());
    assert(count > 400, `${count} rows`);
  });
}
