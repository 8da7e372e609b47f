/**
 * Entries of the data TLBs, and their journals.
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

/** Tags of an entry, by kind of access. */
export const TAGS = [DATA_ENTRY.read, DATA_ENTRY.write] as const;

const ENTRY_SHIFT = Math.log2(DATA_TLB.entryBytes);

/** Pushes the entry, in the TLB in use, that has the place which is pushed. */
function pushEntryAt(c: Code): void {
  c.i32(ENTRY_SHIFT);
  c.op("i32.shl");
  c.get(0);
  c.memory("i32.load", STATE.TLB_DATA.offset);
  c.op("i32.add");
}

/** Pushes the first place of a page, by the low bits of its number, in a TLB. */
export function pushPlace(
  c: Code,
  page: Local,
  { entries }: { readonly entries: number },
): void {
  c.get(page);
  c.i32(entries - 1);
  c.op("i32.and");
}

/**
 * Pushes the place in a data TLB where a page of 4 KB, by the low 32 bits of
 * its number, is set aside: pages that have the same first place mostly differ
 * in this one.
 */
export function pushPlaceAside(c: Code, page: Local): void {
  const bits = Math.log2(DATA_TLB.aside);
  c.get(page);
  for (const shift of [bits, 2 * bits]) {
    c.get(page);
    c.i32(shift);
    c.op("i32.shr_u");
    c.op("i32.xor");
  }
  c.i32(DATA_TLB.aside - 1);
  c.op("i32.and");
  c.i32(DATA_TLB.entries);
  c.op("i32.add");
}

/** A local with the low 32 bits of the number of an address's (i64) page. */
function pageNumber(c: Code, ea: Local): Local {
  const page = c.temporary("i32");
  c.get(ea);
  c.i64(12);
  c.op("i64.shr_u");
  c.op("i32.wrap_i64");
  c.set(page);
  return page;
}

/** Pushes the data TLB's first entry for an address (i64). */
export function pushDataEntry(c: Code, ea: Local): void {
  pushPlace(c, pageNumber(c, ea), DATA_TLB);
  pushEntryAt(c);
}

/** Pushes the entry where the page of an address (i64) is set aside. */
export function pushEntryAside(c: Code, ea: Local): void {
  pushPlaceAside(c, pageNumber(c, ea));
  pushEntryAt(c);
}

/** Takes the permission for both kinds of access out of an entry. */
export function clearEntry(c: Code, entry: Local): void {
  for (const tag of TAGS) {
    c.get(entry);
    c.i64(-1);
    c.memory("i64.store", tag);
  }
}

/** Pushes whether an entry is for the page whose address (i64) is in a local. */
export function pushIsFor(c: Code, entry: Local, page: Local): void {
  for (const tag of TAGS) {
    c.get(entry);
    c.memory("i64.load", tag);
    c.get(page);
    c.op("i64.eq");
  }
  c.op("i32.or");
}

/** (state, ea): whether the journal is for a page that is being entered. */
export function isJournalled(f: FunctionSet): number {
  return f.once("isJournalled", (m, c) => {
    const journal = c.local("i32");
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
    c.op("i32.eqz");
  }, { parameters: ["i64"], results: ["i32"] });
}

/** (state, entry): notes it in its TLB's journal, if it belongs there. */
export function noteEntry(f: FunctionSet): number {
  return f.once("noteEntry", (_m, c) => {
    const journal = c.local("i32");
    const noted = c.local("i32");
    for (const field of [DATA_ENTRY.journalled, DATA_ENTRY.unnoted]) {
      c.get(1);
      c.memory("i32.load", field);
      c.op("i32.eqz");
    }
    c.op("i32.or");
    c.if();
    c.return();
    c.end();
    c.get(1);
    c.i32(0);
    c.memory("i32.store", DATA_ENTRY.unnoted);
    c.get(0);
    c.memory("i32.load", STATE.TLB_JOURNAL.offset);
    c.set(journal);
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
    c.get(1);
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
  }, { parameters: ["i32"] });
}

/** Takes an entry out of the journal that has been emptied. */
export function forgetNoted(c: Code, entry: Local): void {
  clearEntry(c, entry);
  c.get(entry);
  c.i32(-1);
  c.memory("i32.store", DATA_ENTRY.unnoted);
}
