/**
 * Translations that others have driven out of their places in the data TLBs.
 *
 * Two pages that a guest uses in turn, and that have the same place, would be
 * translated again at each access. So what is driven out goes to a second
 * place, by more bits of the address, where the slow path finds it; then the
 * two change places. A page is never in both.
 *
 * @module
 */
import type { Code, Local } from "../../wasm/code.ts";
import { DATA_ENTRY } from "../emitter/memory.ts";
import {
  clearEntry,
  noteEntry,
  pushDataEntry,
  pushEntryAside,
  pushIsFor,
  TAGS,
} from "./data_entries.ts";
import { type FunctionSet, parameter } from "./functions.ts";

/** Words of an entry that belong to its page. */
const OF_PAGE = [
  { at: DATA_ENTRY.read, type: "i64" },
  { at: DATA_ENTRY.write, type: "i64" },
  { at: DATA_ENTRY.addend, type: "i32" },
  { at: DATA_ENTRY.shift, type: "i32" },
  { at: DATA_ENTRY.journalled, type: "i32" },
] as const;

/** From one entry to another. */
function copyPage(c: Code, { from, to }: { from: Local; to: Local }): void {
  for (const { at, type } of OF_PAGE) {
    c.get(to);
    c.get(from);
    c.memory(`${type}.load`, at);
    c.memory(`${type}.store`, at);
  }
}

/** (state, entry): its page, if it has one, gets its second place. */
function setAside(f: FunctionSet): number {
  return f.once("setAside", (_m, c) => {
    const tag = c.local("i64");
    const aside = c.local("i32");
    for (const kind of TAGS) {
      c.get(1);
      c.memory("i64.load", kind);
      c.set(tag);
      c.get(tag);
      c.i64(-1);
      c.op("i64.ne");
      c.if(kind === DATA_ENTRY.read);
      pushEntryAside(c, tag);
      c.set(aside);
      copyPage(c, { from: 1, to: aside });
      c.get(0);
      c.get(aside);
      c.call(noteEntry(f));
      c.return();
      c.end();
    }
  }, { parameters: ["i32"] });
}

/**
 * (state, address of a page, its entry): empties the entry. Another page's is
 * set aside; what was known of this page, here or aside, is forgotten.
 */
export function makeRoom(f: FunctionSet): number {
  return f.once("makeRoom", (_m, c) => {
    const aside = c.local("i32");
    pushIsFor(c, 2, 1);
    c.op("i32.eqz");
    c.if();
    c.get(0);
    c.get(2);
    c.call(setAside(f));
    c.end();
    clearEntry(c, 2);
    pushEntryAside(c, 1);
    c.set(aside);
    pushIsFor(c, aside, 1);
    c.if(false);
    clearEntry(c, aside);
    c.end();
  }, { parameters: ["i64", "i32"] });
}

/**
 * (state, ea, 1 for stores) → real address where the page was set aside, and
 * lets such accesses through; else all ones. The page has its first place again.
 */
export function recall(f: FunctionSet): number {
  return f.once("recall", (m, c) => {
    const ea = parameter(m, 1);
    const [entry, aside] = [c.local("i32"), c.local("i32")];
    const kept = OF_PAGE.map((word) => ({
      ...word,
      local: c.local(word.type),
    }));
    const page = c.local("i64");
    m.push(m.and(ea, m.const(-4096)));
    c.set(page);
    pushEntryAside(c, 1);
    c.set(aside);
    c.get(aside);
    c.get(2);
    c.i32(Math.log2(DATA_ENTRY.write));
    c.op("i32.shl");
    c.op("i32.add");
    c.memory("i64.load", DATA_ENTRY.read);
    c.get(page);
    c.op("i64.ne");
    c.if();
    c.i64(-1);
    c.return();
    c.end();
    for (const { at, type, local } of kept) {
      c.get(aside);
      c.memory(`${type}.load`, at);
      c.set(local);
    }
    clearEntry(c, aside);
    pushDataEntry(c, 1);
    c.set(entry);
    c.get(0);
    c.get(entry);
    c.call(setAside(f));
    // The journal has the first place already, or the page were not here.
    for (const { at, type, local } of kept) {
      c.get(entry);
      c.get(local);
      c.memory(`${type}.store`, at);
    }
    m.pushLow(ea);
    c.get(entry);
    c.memory("i32.load", DATA_ENTRY.addend);
    c.op("i32.add");
    c.i32(f.layout.ram);
    c.op("i32.sub");
    c.op("i64.extend_i32_u");
  }, { parameters: ["i64", "i32"], results: ["i64"] });
}
