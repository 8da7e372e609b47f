/**
 * Accesses that the software TLB does not let through at once.
 *
 * @module
 */
import { exitNumber } from "../../exits.ts";
import type { Condition, Value } from "../../isa/ops.ts";
import { translate } from "../../mmu/mod.ts";
import { STATE } from "../../state.ts";
import { RESOLVE } from "../emitter/frame.ts";
import type { Emitter } from "../emitter/mod.ts";
import { recall } from "./aside.ts";
import { admitStores } from "./coherence.ts";
import { dropCode } from "./decoded_pages.ts";
import { crossesPage, type FunctionSet, parameter } from "./functions.ts";
import { enterTranslation, lookUp } from "./translations.ts";

/** EXCEPTION while an access waits for the machine: not an interrupt. */
export const MMIO_EXCEPTION = 255;

/** DSISR bit 37: atomic or block access to storage that is not memory. */
const NOT_MEMORY = 0x0400_0000;

/** DSISR bit 38 from the number of an access: 1 is a store. */
const STORE_SHIFT = 25;

/** (state, ea) → value; quadwords go to SCRATCH in memory order. */
export function loadSlow(f: FunctionSet, bytes: 1 | 2 | 4 | 8 | 16): number {
  if (bytes === 16) return loadQuadword(f);
  return f.once(`load${bytes}`, (m) => {
    const ea = parameter(m, 1);
    const result = m.variable(m.const(0));
    m.if(crossesPage(m, ea, bytes), () => {
      requirePages(m, ea, { bytes, access: "load" });
      m.set(result, loadBytes(f, m, { bytes, ea }));
    }, () => {
      const { real, isNew } = find(f, m, { ea, store: m.const(0) });
      m.if(m.inRam(real, bytes), () => {
        m.if(isNew, () => enter(f, m, { ea, real, store: 0 }));
        const big = m.loadReal(bytes, real);
        m.set(
          result,
          f.mode.littleEndian ? reversed(m, bytes, big) : big,
        );
      }, () => {
        const raw = leaveForDevice(m, "mmioLoad", { real, bytes });
        m.set(
          result,
          f.mode.littleEndian ? raw : reversed(m, bytes, raw),
        );
      });
    });
    m.push(m.get(result));
  }, { parameters: ["i64"], results: ["i64"] });
}

/** Where an address leads to, and whether the TLB did not have that aside. */
function find(
  f: FunctionSet,
  m: Emitter,
  { ea, store }: { ea: Value; store: Value },
): { real: Value; isNew: Condition } {
  const c = m.code;
  c.get(0);
  m.push(ea);
  m.pushLow(store);
  c.call(recall(f));
  const recalled = m.take();
  const isNew = m.eq(recalled, m.const(-1));
  const real = m.variable(recalled);
  m.if(isNew, () => m.set(real, m.call(translate, ea, store)));
  return { real: m.get(real), isNew };
}

function reversed(m: Emitter, bytes: 1 | 2 | 4 | 8, x: Value): Value {
  return bytes === 1 ? x : m.reverseBytes(bytes, x);
}

/** Raises what either page raises; both must be memory. */
function requirePages(
  m: Emitter,
  ea: Value,
  { bytes, access }: { bytes: number; access: "load" | "store" },
): void {
  m.requireMemory(ea, access);
  const last = m.ea(m.add(ea, m.const(bytes - 1)));
  m.requireMemory(m.and(last, m.const(-4096)), access);
}

/** A value from two pages. */
function loadBytes(
  f: FunctionSet,
  m: Emitter,
  { bytes, ea }: { bytes: number; ea: Value },
): Value {
  const result = m.variable(m.const(0));
  const i = m.variable(m.const(0));
  m.while(() => m.ne(m.get(i), m.const(bytes)), () => {
    const byte = m.load(1, m.ea(m.add(ea, m.get(i))));
    m.set(
      result,
      f.mode.littleEndian
        ? m.or(m.get(result), m.shl(byte, m.shl(m.get(i), 3)))
        : m.or(m.shl(m.get(result), 8), byte),
    );
    m.set(i, m.add(m.get(i), m.const(1)));
  });
  return m.get(result);
}

/** (state, ea): as two doublewords, once both are known to be memory. */
function loadQuadword(f: FunctionSet): number {
  return f.once("load16", (m, c) => {
    const ea = parameter(m, 1);
    requirePages(m, ea, { bytes: 16, access: "load" });
    for (const half of [0, 8]) {
      const value = m.load(8, m.ea(m.add(ea, m.const(half))));
      const raw = f.mode.littleEndian ? value : m.reverseBytes(8, value);
      c.get(0);
      m.push(raw);
      c.memory("i64.store", STATE.SCRATCH.offset + half);
    }
  }, { parameters: ["i64"] });
}

/** (state, ea, value). */
export function storeSlow(f: FunctionSet, bytes: 1 | 2 | 4 | 8): number {
  return f.once(`store${bytes}`, (m, c) => {
    const [ea, value] = [parameter(m, 1), parameter(m, 2)];
    m.if(crossesPage(m, ea, bytes), () => {
      // Neither page is written before both are known to take it.
      requirePages(m, ea, { bytes, access: "store" });
      storeBytes(f, m, { bytes, ea, value });
    }, () => {
      const { real, isNew } = find(f, m, { ea, store: m.const(1) });
      m.if(m.inRam(real, bytes), () => {
        m.if(isNew, () => admitStore(f, m, { ea, real }));
        m.storeReal(
          bytes,
          real,
          f.mode.littleEndian ? reversed(m, bytes, value) : value,
        );
      }, () => {
        const raw = f.mode.littleEndian ? value : reversed(m, bytes, value);
        c.get(0);
        m.push(raw);
        c.memory("i64.store", STATE.EXIT_VALUE.offset + 8);
        leaveForDevice(m, "mmioStore", { real, bytes });
      });
    });
  }, { parameters: ["i64", "i64"] });
}

/** A value to two pages. */
function storeBytes(
  f: FunctionSet,
  m: Emitter,
  { bytes, ea, value }: { bytes: number; ea: Value; value: Value },
): void {
  const i = m.variable(m.const(0));
  m.while(() => m.ne(m.get(i), m.const(bytes)), () => {
    const place = f.mode.littleEndian
      ? m.get(i)
      : m.sub(m.const(bytes - 1), m.get(i));
    m.store(1, m.ea(m.add(ea, m.get(i))), m.shr(value, m.shl(place, 3)));
    m.set(i, m.add(m.get(i), m.const(1)));
  });
}

/**
 * An access that the machine serves: the first time round it leaves and is
 * carried out again; then MMIO_DONE says that the answer is there. Values are
 * the bytes in memory order, read as a little-endian number.
 */
function leaveForDevice(
  m: Emitter,
  exit: "mmioLoad" | "mmioStore",
  { real, bytes }: { real: Value; bytes: number },
): Value {
  m.if(m.nonZero(m.reg("MMIO_DONE")), () => {
    m.setReg("MMIO_DONE", m.const(0));
  }, () => {
    m.setRegAt("EXIT_VALUE", m.const(0), real);
    m.setRegAt("EXIT_VALUE", m.const(2), m.const(bytes));
    m.setReg("EXIT", m.const(exitNumber(exit)));
    m.setReg("EXCEPTION", m.const(MMIO_EXCEPTION));
  });
  return m.regAt("EXIT_VALUE", m.const(1));
}

/** (state, ea, RESOLVE bits) → host address; within one page. */
export function resolve(f: FunctionSet): number {
  return f.once("resolve", (m, c) => {
    const ea = parameter(m, 1);
    const host = c.local("i32");
    c.get(0);
    c.get(1);
    c.get(2);
    c.call(lookUp(f));
    c.set(host);
    c.get(host);
    c.if(true);
    c.get(host);
    c.return();
    c.end();
    const asked = (bits: number) => {
      c.get(2);
      c.i32(bits);
      c.op("i32.and");
      c.op("i64.extend_i32_u");
      return m.take();
    };
    const access = asked(RESOLVE.store);
    const { real, isNew } = find(f, m, { ea, store: access });
    m.if(m.negate(m.inRam(real, 1)), () => {
      m.if(m.nonZero(asked(RESOLVE.anyStorage)), () => {
        c.i32(0);
        c.return();
      });
      m.if(
        m.nonZero(asked(RESOLVE.alignment)),
        () => m.raise("alignment", { dar: ea }),
      );
      m.raise("dataStorage", {
        dar: ea,
        dsisr: m.or(m.const(NOT_MEMORY), m.shl(access, STORE_SHIFT)),
      });
    });
    m.if(isNew, () => {
      m.if(
        m.nonZero(access),
        () => admitStore(f, m, { ea, real }),
        () => enter(f, m, { ea, real, store: 0 }),
      );
    });
    m.pushLow(real);
    c.i32(f.layout.ram);
    c.op("i32.add");
  }, { parameters: ["i64", "i32"], results: ["i32"] });
}

/** Lets stores to the page through, and drops what was decoded from it. */
function admitStore(
  f: FunctionSet,
  m: Emitter,
  { ea, real }: { ea: Value; real: Value },
): void {
  m.code.get(0);
  m.pushLow(m.shr(real, 12));
  m.code.call(f.layout.concurrent ? admitStores(f) : dropCode(f));
  enter(f, m, { ea, real, store: 1 });
}

function enter(
  f: FunctionSet,
  m: Emitter,
  { ea, real, store }: { ea: Value; real: Value; store: 0 | 1 },
): void {
  m.code.get(0);
  m.push(ea);
  m.push(real);
  m.code.i32(store);
  m.code.call(enterTranslation(f));
}
