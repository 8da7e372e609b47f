/**
 * What the software TLBs keep of finished translations (`drops.ts` has how it
 * is dropped).
 *
 * Most drops concern few translations: those of user space when the process
 * changes, those that storage keys guard at every copy from and to user space.
 * So that they need not look at whole TLBs, the data TLBs of privileged and of
 * problem state have a journal of the entries that such a drop is about: in
 * problem state all, in privileged state those of quadrants 0 and 1 and of
 * pages that problem state may use.
 *
 * @module
 */
import { STATE } from "../../state.ts";
import type { Code, Local } from "../../wasm/code.ts";
import { DATA_ENTRY } from "../emitter/memory.ts";
import { DATA_TLB, JOURNAL } from "../layout.ts";
import { type FunctionSet, parameter } from "./functions.ts";

/** Pushes the data TLB's entry for the address (i64) that is pushed. */
function pushDataEntry(c: Code): void {
  c.i64(12 - Math.log2(DATA_TLB.entryBytes));
  c.op("i64.shr_u");
  c.op("i32.wrap_i64");
  c.i32((DATA_TLB.entries - 1) * DATA_TLB.entryBytes);
  c.op("i32.and");
  c.get(0);
  c.memory("i32.load", STATE.TLB_DATA.offset);
  c.op("i32.add");
}

/** Takes the permission for both kinds of access out of an entry. */
export function clearEntry(c: Code, entry: Local): void {
  for (const tag of [DATA_ENTRY.read, DATA_ENTRY.write]) {
    c.get(entry);
    c.i64(-1);
    c.memory("i64.store", tag);
  }
}

/**
 * (state, ea, kind of access as bit 0) → address in the shared memory where
 * the TLB lets the access through, else 0.
 */
export function lookUp(f: FunctionSet): number {
  return f.once("lookUp", (m, c) => {
    const ea = parameter(m, 1);
    const entry = c.local("i32");
    c.get(1);
    pushDataEntry(c);
    c.set(entry);
    c.get(entry);
    c.get(2);
    c.i32(1);
    c.op("i32.and");
    c.i32(Math.log2(DATA_ENTRY.write));
    c.op("i32.shl");
    c.op("i32.add");
    c.memory("i64.load", DATA_ENTRY.read);
    m.push(m.and(ea, m.const(-4096)));
    c.op("i64.eq");
    c.if(true);
    m.pushLow(ea);
    c.get(entry);
    c.memory("i32.load", DATA_ENTRY.addend);
    c.op("i32.add");
    c.return();
    c.end();
    c.i32(0);
  }, { parameters: ["i64", "i32"], results: ["i32"] });
}

/**
 * (state, ea, real address, 1 for stores): enters a translation. The entry of
 * the other kind of access stays where it is for the same page.
 */
export function enterTranslation(f: FunctionSet): number {
  return f.once("enterTranslation", (m, c) => {
    const [ea, real] = [parameter(m, 1), parameter(m, 2)];
    const entry = c.local("i32");
    const addend = c.local("i32");
    const page = m.and(ea, m.const(-4096));
    c.get(1);
    pushDataEntry(c);
    c.set(entry);
    m.pushLow(m.sub(real, ea));
    c.i32(f.layout.ram);
    c.op("i32.add");
    c.set(addend);
    for (const tag of [DATA_ENTRY.read, DATA_ENTRY.write]) {
      c.get(entry);
      c.memory("i64.load", tag);
      m.push(page);
      c.op("i64.eq");
    }
    c.op("i32.or");
    c.get(entry);
    c.memory("i32.load", DATA_ENTRY.addend);
    c.get(addend);
    c.op("i32.eq");
    c.op("i32.and");
    c.op("i32.eqz");
    c.if();
    // Another page, or the same one mapped elsewhere, lived here.
    clearEntry(c, entry);
    c.get(entry);
    c.get(addend);
    c.memory("i32.store", DATA_ENTRY.addend);
    c.get(0);
    c.get(1);
    c.get(entry);
    c.call(noteEntry(f));
    c.end();
    c.get(entry);
    m.pushLow(m.reg("PAGE_SHIFT"));
    c.memory("i32.store", DATA_ENTRY.shift);
    for (const again of [false, true]) {
      c.get(0);
      if (again) c.memory("i32.load", STATE.TLB_ENTERED.offset);
    }
    c.i32(1);
    c.op("i32.add");
    c.memory("i32.store", STATE.TLB_ENTERED.offset);
    c.get(entry);
    c.get(3);
    c.i32(Math.log2(DATA_ENTRY.write));
    c.op("i32.shl");
    c.op("i32.add");
    m.push(page);
    c.memory("i64.store", DATA_ENTRY.read);
  }, { parameters: ["i64", "i64", "i32"] });
}

/** (state, ea, entry): notes an entry in its TLB's journal, if it belongs there. */
function noteEntry(f: FunctionSet): number {
  return f.once("noteEntry", (m, c) => {
    const journal = c.local("i32");
    const noted = c.local("i32");
    c.get(0);
    c.memory("i32.load", STATE.TLB_JOURNAL.offset);
    c.set(journal);
    const upper = m.ltSigned(parameter(m, 1), m.const(0));
    const exempt = m.both(upper, m.nonZero(m.reg("PAGE_PRIVILEGED")));
    c.get(journal);
    c.op("i32.eqz");
    c.get(journal);
    f.pushAddress(c, f.vcpu.journals + JOURNAL.bytes);
    c.op("i32.ne");
    m.pushCondition(exempt);
    c.op("i32.and");
    c.op("i32.or");
    c.if();
    c.return();
    c.end();
    c.get(journal);
    c.memory("i32.load", 0);
    c.set(noted);
    c.get(noted);
    c.i32(JOURNAL.entries);
    c.op("i32.lt_u");
    c.if();
    c.get(journal);
    c.get(noted);
    c.i32(2);
    c.op("i32.shl");
    c.op("i32.add");
    c.get(2);
    c.memory("i32.store", 4);
    c.end();
    c.get(noted);
    c.i32(JOURNAL.entries);
    c.op("i32.le_u");
    c.if();
    c.get(journal);
    c.get(noted);
    c.i32(1);
    c.op("i32.add");
    c.memory("i32.store", 0);
    c.end();
  }, { parameters: ["i64", "i32"] });
}
