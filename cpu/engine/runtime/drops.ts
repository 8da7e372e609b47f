/**
 * How translations are dropped from the software TLBs.
 *
 * @module
 */
import { radixIsUsed } from "../../mmu/mod.ts";
import { STATE } from "../../state.ts";
import type { Code, Local } from "../../wasm/code.ts";
import { countUp } from "../count_up.ts";
import { CODE_ENTRY } from "../code_tlb.ts";
import { DATA_ENTRY } from "../emitter/memory.ts";
import {
  CODE_CONTEXTS,
  CODE_TLB,
  CODE_TLB_BYTES,
  CONTEXTS,
  DATA_TLB,
  DATA_TLB_BYTES,
  DATA_TLB_ENTRIES,
  DECODED_PAGE_OWNER,
  JOURNAL,
} from "../layout.ts";
import type { FunctionSet } from "./functions.ts";
import {
  clearEntry,
  forgetNoted,
  pushPlace,
  pushPlaceAside,
  TAGS,
} from "./data_entries.ts";

/** Places of the contexts among the TLBs. */
const PRIVILEGED = 1;
const PROBLEM = 2;

/** Pages of 4 KiB in the largest that dropPage is asked about: 64 KiB. */
const PAGE_SPAN = 16;

/** Regions that are running must not go back where they came from unseen. */
export function countCodeDrop(c: Code): void {
  countUp(c, "CODE_DROPS");
}

/** (state, journal, data TLB): drops what the journal says. */
function dropNoted(f: FunctionSet): number {
  return f.once("dropNoted", (_m, c) => {
    const noted = c.local("i32");
    const entry = c.local("i32");
    c.get(1);
    c.memory("i32.load", 0);
    c.set(noted);
    c.get(1);
    c.i32(0);
    c.memory("i32.store", 0);
    c.get(noted);
    c.i32(JOURNAL.entries);
    c.op("i32.gt_u");
    c.if(false);
    c.get(2);
    c.i32(-1);
    c.i32(DATA_TLB_BYTES);
    c.fill();
    c.return();
    c.end();
    const done = c.block();
    const again = c.loop();
    c.get(noted);
    c.op("i32.eqz");
    c.brIf(done);
    c.get(1);
    c.get(noted);
    c.i32(2);
    c.op("i32.shl");
    c.op("i32.add");
    // The last address noted lies that many words behind the count.
    c.memory("i32.load", 0);
    c.set(entry);
    forgetNoted(c, entry);
    c.get(noted);
    c.i32(1);
    c.op("i32.sub");
    c.set(noted);
    c.br(again);
    c.end();
    c.end();
  }, { parameters: ["i32", "i32"] });
}

/** Drops the journalled part of a context, and its users' code. */
function dropContext(f: FunctionSet, c: Code, context: 1 | 2): void {
  const { journals, dataTlb } = f.vcpu;
  c.get(0);
  f.pushAddress(c, journals + (context - 1) * JOURNAL.bytes);
  f.pushAddress(c, dataTlb + context * DATA_TLB_BYTES);
  c.call(dropNoted(f));
  for (const code of [context, CONTEXTS + context]) {
    c.get(0);
    c.memory("i32.load", STATE.TLB_USER_CODE.offset);
    c.i32(1 << code);
    c.op("i32.and");
    c.if(false);
    f.pushAddress(c, f.vcpu.codeTlb + code * CODE_TLB_BYTES);
    c.i32(-1);
    c.i32(CODE_TLB_BYTES);
    c.fill();
    c.get(0);
    c.get(0);
    c.memory("i32.load", STATE.TLB_USER_CODE.offset);
    c.i32(~(1 << code));
    c.op("i32.and");
    c.memory("i32.store", STATE.TLB_USER_CODE.offset);
    c.end();
  }
}

/** (state): forgets what this thread keeps of quadrants 0 and 1. */
export function dropUser(f: FunctionSet): number {
  return f.once("dropUser", (_m, c) => {
    countCodeDrop(c);
    dropContext(f, c, PRIVILEGED);
    dropContext(f, c, PROBLEM);
  });
}

/**
 * (state): forgets what storage keys may deny. Radix trees have key 0 alone,
 * which guards users' pages against the system.
 */
export function dropKeyed(f: FunctionSet): number {
  return f.once("dropKeyed", (m, c) => {
    m.if(radixIsUsed(m), () => dropContext(f, c, PRIVILEGED), () => {
      c.get(0);
      c.call(dropAll(f));
    });
  });
}

/** (state): forgets every translation of this thread. */
export function dropAll(f: FunctionSet): number {
  return f.once("dropAll", (_m, c) => {
    countCodeDrop(c);
    const { codeTlb, dataTlb, journals } = f.vcpu;
    for (
      const [at, bytes] of [
        [codeTlb, CODE_CONTEXTS * CODE_TLB_BYTES],
        [dataTlb, CONTEXTS * DATA_TLB_BYTES],
      ] as const
    ) {
      f.pushAddress(c, at);
      c.i32(-1);
      c.i32(bytes);
      c.fill();
    }
    for (const at of [journals, journals + JOURNAL.bytes]) {
      f.pushAddress(c, at);
      c.i32(0);
      c.memory("i32.store", 0);
    }
    c.get(0);
    c.i32(0);
    c.memory("i32.store", STATE.TLB_USER_CODE.offset);
  });
}

/** (state, ea): forgets the 64 KiB around ea, but for real mode. */
export function dropPage(f: FunctionSet): number {
  return f.once("dropPage", (_m, c) => {
    countCodeDrop(c);
    const page = c.local("i32");
    const end = c.local("i32");
    const entry = c.local("i32");
    c.get(1);
    c.i64(16);
    c.op("i64.shr_u");
    c.op("i32.wrap_i64");
    c.i32(4);
    c.op("i32.shl");
    c.set(page);
    c.get(page);
    c.i32(PAGE_SPAN);
    c.op("i32.add");
    c.set(end);
    /** Takes a place in a TLB of the vCPU for `entry`. */
    const takeEntry = (
      push: () => void,
      { entryBytes }: { entryBytes: number },
    ) => {
      push();
      c.i32(Math.log2(entryBytes));
      c.op("i32.shl");
      c.get(0);
      c.op("i32.add");
      c.set(entry);
    };
    /** Clears a tag of the entry where it is of these 64 KiB. */
    const clear = (offset: number) => {
      c.get(entry);
      c.memory("i64.load", offset);
      c.get(1);
      c.op("i64.xor");
      c.i64(16);
      c.op("i64.shr_u");
      c.op("i64.eqz");
      c.if(false);
      c.get(entry);
      c.i64(-1);
      c.memory("i64.store", offset);
      c.end();
    };
    const { dataTlb, codeTlb, state } = f.vcpu;
    const again = c.loop();
    const contexts = [PRIVILEGED, PROBLEM];
    for (
      const push of [
        () => pushPlace(c, page, DATA_TLB),
        () => pushPlaceAside(c, page),
      ]
    ) {
      takeEntry(push, DATA_TLB);
      for (const context of contexts) {
        const at = dataTlb - state + context * DATA_TLB_BYTES;
        for (const tag of TAGS) clear(at + tag);
      }
    }
    takeEntry(() => pushPlace(c, page, CODE_TLB), CODE_TLB);
    for (const context of contexts) {
      for (const code of [context, CONTEXTS + context]) {
        clear(codeTlb - state + code * CODE_TLB_BYTES);
      }
    }
    c.get(page);
    c.i32(1);
    c.op("i32.add");
    c.set(page);
    c.get(page);
    c.get(end);
    c.op("i32.ne");
    c.brIf(again);
    c.end();
  }, { parameters: ["i64"] });
}

/** The data TLBs of all contexts. */
function dataEntries(f: FunctionSet) {
  return {
    at: f.vcpu.dataTlb,
    count: CONTEXTS * DATA_TLB_ENTRIES,
    bytes: DATA_TLB.entryBytes,
  };
}

/** Pushes whether an entry's tag leads to the page at `host`, of so many bytes. */
function pushLeadsTo(
  c: Code,
  { entry, tag, host, bytes }: {
    entry: Local;
    tag: number;
    host: Local;
    bytes: Local;
  },
): void {
  c.get(entry);
  c.memory("i32.load", tag);
  c.get(entry);
  c.memory("i32.load", DATA_ENTRY.addend);
  c.op("i32.add");
  c.get(host);
  c.op("i32.sub");
  c.get(bytes);
  c.op("i32.lt_u");
}

/** (state, RAM page): takes write permission for it out of the data TLBs. */
export function protectPage(f: FunctionSet): number {
  return f.once("protectPage", (_m, c) => {
    const host = c.local("i32");
    const bytes = c.local("i32");
    pushHost(f, c);
    c.set(host);
    c.i32(1);
    c.set(bytes);
    f.forEachEntry(c, dataEntries(f), (entry) => {
      pushLeadsTo(c, { entry, tag: DATA_ENTRY.write, host, bytes });
      c.if(false);
      c.get(entry);
      c.i64(-1);
      c.memory("i64.store", DATA_ENTRY.write);
      c.end();
    });
  }, { parameters: ["i32"] });
}

/** Pushes the address in the shared memory of the RAM page in local 1. */
function pushHost(f: FunctionSet, c: Code): void {
  c.get(1);
  c.i32(12);
  c.op("i32.shl");
  c.i32(f.layout.ram);
  c.op("i32.add");
}

/**
 * (state, RAM page, bytes): forgets every translation that leads there. Real
 * mode is none.
 */
export function dropReal(f: FunctionSet): number {
  return f.once("dropReal", (_m, c) => {
    const host = c.local("i32");
    const translated = {
      at: f.vcpu.dataTlb + DATA_TLB_BYTES,
      count: (CONTEXTS - 1) * DATA_TLB_ENTRIES,
      bytes: DATA_TLB.entryBytes,
    };
    pushHost(f, c);
    c.set(host);
    f.forEachEntry(c, translated, (entry) => {
      for (const tag of TAGS) {
        pushLeadsTo(c, { entry, tag, host, bytes: 2 });
      }
      c.op("i32.or");
      c.if(false);
      clearEntry(c, entry);
      c.end();
    });
    f.forEachEntry(c, codeEntries(f), (entry) => {
      c.get(entry);
      c.memory("i64.load", CODE_ENTRY.tag);
      c.i64(-1);
      c.op("i64.ne");
      c.if();
      // The owner is a page's number + 1.
      c.get(entry);
      c.memory("i32.load", CODE_ENTRY.decoded);
      c.memory("i32.load", DECODED_PAGE_OWNER);
      c.get(1);
      c.op("i32.sub");
      c.i32(1);
      c.op("i32.sub");
      c.get(2);
      c.i32(12);
      c.op("i32.shr_u");
      c.op("i32.lt_u");
      c.if(false);
      c.get(entry);
      c.i64(-1);
      c.memory("i64.store", CODE_ENTRY.tag);
      c.end();
      c.end();
    });
  }, { parameters: ["i32", "i32"] });
}

/** The code TLBs of all contexts: a tag, then a decoded page. */
export function codeEntries(f: FunctionSet) {
  return {
    at: f.vcpu.codeTlb,
    count: CODE_CONTEXTS * CODE_TLB.entries,
    bytes: CODE_TLB.entryBytes,
  };
}
