/**
 * Pages of guest code in decoded form.
 *
 * A page is decoded record by record as it is executed. The data TLBs have no
 * write permission for the RAM page that it comes from, so every store there
 * takes the slow path, which drops the decoded page before the store is done.
 *
 * @module
 */
import { STATE } from "../../state.ts";
import type { Code, Local } from "../../wasm/code.ts";
import {
  CODE_CONTEXTS,
  CODE_TLB_BYTES,
  DECODED_PAGE_BYTES,
  DECODED_PAGE_OWNER,
  DECODED_PAGE_SERIAL,
  RECORD_BYTES,
} from "../layout.ts";
import { codeEntries, countCodeDrop } from "./drops.ts";
import type { FunctionSet } from "./functions.ts";

/** Bytes of a decoded page that are records of instructions. */
const RECORDS_END = 1024 * RECORD_BYTES;

/** Link to the next free page: one in use has its serial number there. */
const FREE_LINK = DECODED_PAGE_SERIAL;

/** Places of a code TLB entry's tag and decoded page. */
const TAG = 0;
const DECODED = 8;

/** Pushes the address of a RAM page's entry in a map of decoded pages. */
export function pushCodeMap(
  f: FunctionSet,
  c: Code,
  { order, page }: { order: 0 | 1; page: Local },
): void {
  f.pushAddress(c, f.vcpu.codeMap[order]);
  c.get(page);
  c.i32(2);
  c.op("i32.shl");
  c.op("i32.add");
}

/** (state) → a cleared decoded page; when all are taken, all are dropped. */
export function newDecodedPage(f: FunctionSet): number {
  return f.once("newDecodedPage", (_m, c) => {
    const { pool } = f.vcpu;
    const poolBytes = f.layout.decodedPages * DECODED_PAGE_BYTES;
    const page = c.local("i32");
    const serial = c.local("i32");
    c.get(0);
    c.memory("i32.load", STATE.POOL_FREE.offset);
    c.set(page);
    c.get(page);
    c.if();
    c.get(0);
    c.get(page);
    c.memory("i32.load", FREE_LINK);
    c.memory("i32.store", STATE.POOL_FREE.offset);
    c.else();
    c.get(0);
    c.memory("i32.load", STATE.POOL_NEXT.offset);
    c.set(page);
    c.get(page);
    c.op("i32.eqz");
    c.if();
    f.pushAddress(c, pool);
    c.set(page);
    c.end();
    c.get(page);
    f.pushAddress(c, pool + poolBytes);
    c.op("i32.ge_u");
    c.if(false);
    c.get(0);
    c.call(forgetCode(f));
    f.pushAddress(c, pool);
    c.set(page);
    c.end();
    c.get(0);
    c.get(page);
    c.i32(DECODED_PAGE_BYTES);
    c.op("i32.add");
    c.memory("i32.store", STATE.POOL_NEXT.offset);
    c.end();
    c.get(page);
    c.get(0);
    c.memory("i32.load", STATE.POOL_SERIAL.offset);
    c.i32(1);
    c.op("i32.add");
    c.set(serial);
    c.get(serial);
    c.memory("i32.store", DECODED_PAGE_SERIAL);
    c.get(0);
    c.get(serial);
    c.memory("i32.store", STATE.POOL_SERIAL.offset);
    c.get(page);
  }, { results: ["i32"] });
}

/** (state): forgets all decoded code. */
export function forgetCode(f: FunctionSet): number {
  return f.once("forgetCode", (_m, c) => {
    const { pool, codeMap, codeTlb } = f.vcpu;
    const mapBytes = f.layout.ramBytes / 1024;
    countCodeDrop(c);
    for (
      const [at, bytes, fill] of [
        [pool, f.layout.decodedPages * DECODED_PAGE_BYTES, 0],
        [codeMap[0], mapBytes, 0],
        [codeMap[1], mapBytes, 0],
        [codeTlb, CODE_CONTEXTS * CODE_TLB_BYTES, -1],
      ] as const
    ) {
      f.pushAddress(c, at);
      c.i32(fill);
      c.i32(bytes);
      c.fill();
    }
    for (const name of ["POOL_NEXT", "POOL_FREE"] as const) {
      c.get(0);
      c.i32(0);
      c.memory("i32.store", STATE[name].offset);
    }
  });
}

/** (state, RAM page): forgets what was decoded from it, in both orders. */
export function dropCode(f: FunctionSet): number {
  return f.once("dropCode", (_m, c) => {
    const decoded = c.local("i32");
    for (const order of [0, 1] as const) {
      pushCodeMap(f, c, { order, page: 1 });
      c.memory("i32.load", 0);
      c.set(decoded);
      c.get(decoded);
      c.if(false);
      pushCodeMap(f, c, { order, page: 1 });
      c.i32(0);
      c.memory("i32.store", 0);
      c.get(0);
      c.get(decoded);
      c.call(freeDecodedPage(f));
      c.end();
    }
  }, { parameters: ["i32"] });
}

/** (state, decoded page): gives a page back that no map leads to. */
function freeDecodedPage(f: FunctionSet): number {
  return f.once("freeDecodedPage", (_m, c) => {
    countCodeDrop(c);
    // Cleared at once: the thread may be running in it, and then meets a
    // record that is not decoded and a page that nobody owns.
    c.get(1);
    c.i32(0);
    c.i32(DECODED_PAGE_BYTES);
    c.fill();
    c.get(1);
    c.get(0);
    c.memory("i32.load", STATE.POOL_FREE.offset);
    c.memory("i32.store", FREE_LINK);
    c.get(0);
    c.get(1);
    c.memory("i32.store", STATE.POOL_FREE.offset);
    f.forEachEntry(c, codeEntries(f), (entry) => {
      c.get(entry);
      c.memory("i32.load", DECODED);
      c.get(1);
      c.op("i32.eq");
      c.if(false);
      c.get(entry);
      c.i64(-1);
      c.memory("i64.store", TAG);
      c.end();
    });
  }, { parameters: ["i32"] });
}

/**
 * (state, record) → 1 where the record is decoded now, 0 where its page is no
 * longer (or the record leads to the next page): fetch again.
 */
export function decodeRecord(f: FunctionSet): number {
  return f.once("decodeRecord", (m, c) => {
    const page = c.local("i32");
    const place = c.local("i32");
    const owner = c.local("i32");
    // place = (record - pool) mod (bytes of a page)
    c.get(1);
    f.pushAddress(c, f.vcpu.pool);
    c.op("i32.sub");
    c.op("i64.extend_i32_u");
    c.i64(DECODED_PAGE_BYTES);
    c.op("i64.rem_u");
    c.op("i32.wrap_i64");
    c.set(place);
    c.get(1);
    c.get(place);
    c.op("i32.sub");
    c.set(page);
    c.get(page);
    c.memory("i32.load", DECODED_PAGE_OWNER);
    c.set(owner);
    c.get(owner);
    c.op("i32.eqz");
    c.get(place);
    c.i32(RECORDS_END);
    c.op("i32.ge_u");
    c.op("i32.or");
    c.if();
    c.i32(0);
    c.return();
    c.end();
    c.get(owner);
    c.i32(1);
    c.op("i32.sub");
    c.i32(12);
    c.op("i32.shl");
    c.get(place);
    c.i32(1);
    c.op("i32.shr_u");
    c.op("i32.add");
    c.op("i64.extend_i32_u");
    // Real storage is taken as big-endian.
    const big = m.loadReal(4, m.take());
    const word = f.mode.littleEndian ? m.reverseBytes(4, big) : big;
    c.get(1);
    m.pushLow(word);
    c.memory("i32.store", RECORD_BYTES - 4);
    c.get(1);
    m.pushLow(word);
    c.get(place);
    c.i32(Math.log2(RECORD_BYTES));
    c.op("i32.shr_u");
    c.call(f.imports.decode);
    c.memory("i32.store", 0);
    c.i32(1);
  }, { parameters: ["i32"], results: ["i32"] });
}
