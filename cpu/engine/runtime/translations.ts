/**
 * How finished translations get into the software TLBs (`aside.ts` has where
 * they go next, `drops.ts` how they are dropped).
 *
 * @module
 */
import { countUp } from "../count_up.ts";
import { DATA_ENTRY } from "../emitter/memory.ts";
import { makeRoom } from "./aside.ts";
import {
  isJournalled,
  noteEntry,
  pushDataEntry,
  pushIsFor,
} from "./data_entries.ts";
import { type FunctionSet, parameter } from "./functions.ts";

/**
 * (state, ea, kind of access as bit 0) → address in the shared memory where
 * the TLB lets the access through, else 0.
 */
export function lookUp(f: FunctionSet): number {
  return f.once("lookUp", (m, c) => {
    const ea = parameter(m, 1);
    const entry = c.local("i32");
    pushDataEntry(c, 1);
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
    const page = c.local("i64");
    m.push(m.and(ea, m.const(-4096)));
    c.set(page);
    pushDataEntry(c, 1);
    c.set(entry);
    m.pushLow(m.sub(real, ea));
    c.i32(f.layout.ram);
    c.op("i32.add");
    c.set(addend);
    pushIsFor(c, entry, page);
    c.get(entry);
    c.memory("i32.load", DATA_ENTRY.addend);
    c.get(addend);
    c.op("i32.eq");
    c.op("i32.and");
    c.op("i32.eqz");
    c.if();
    // Another page, or the same one mapped elsewhere, lived here.
    c.get(0);
    c.get(page);
    c.get(entry);
    c.call(makeRoom(f));
    c.get(entry);
    c.get(addend);
    c.memory("i32.store", DATA_ENTRY.addend);
    c.get(entry);
    c.get(0);
    c.get(1);
    c.call(isJournalled(f));
    c.memory("i32.store", DATA_ENTRY.journalled);
    c.get(0);
    c.get(entry);
    c.call(noteEntry(f));
    c.end();
    c.get(entry);
    m.pushLow(m.reg("PAGE_SHIFT"));
    c.memory("i32.store", DATA_ENTRY.shift);
    countUp(c, "TLB_ENTERED");
    c.get(entry);
    c.get(3);
    c.i32(Math.log2(DATA_ENTRY.write));
    c.op("i32.shl");
    c.op("i32.add");
    c.get(page);
    c.memory("i64.store", DATA_ENTRY.read);
  }, { parameters: ["i64", "i64", "i32"] });
}
