/**
 * Reservations, atomic memory operations, copy and paste (Book II 4.4 to 4.6).
 *
 * @module
 */
import { effectiveAddress, type Indexed } from "./load_store_address.ts";
import type { Bytes, Condition, Field, Ops, Value } from "./ops.ts";
import { type Chapter, chapter, type Instruction, row } from "./row.ts";

/** The lowest bit of RTp and RSp: a pair starts at an even register. */
const EVEN = [1 << 21, 0] as const;

function loadAndReserve(
  name: string,
  xo: number,
  bytes: Bytes,
): Instruction {
  return row(`${name} RT,RA,RB,EH`, "X_EH", [31, xo], (m, f) => {
    m.setGpr(f.RT, m.loadReserve(bytes, effectiveAddress(m, f)));
  });
}

/** CR0 says whether the store was done: 0b00 || done || XER[SO]. */
function recordStored(m: Ops, stored: Condition): void {
  m.setCrField(0, m.or(m.shl(m.bit(stored), 1), m.reg("SO")));
}

function storeConditional(
  name: string,
  xo: number,
  bytes: Bytes,
): Instruction {
  return row(`${name} RS,RA,RB`, "X_RS_1", [31, xo], (m, f) => {
    const ea = effectiveAddress(m, f);
    recordStored(m, m.storeConditional(bytes, ea, m.gpr(f.RS)));
  });
}

/** Load and reserve, store conditional. EH is a hint. */
export const reservations: Chapter = chapter(
  "Book II 4.6.2",
  "Load And Reserve and Store Conditional Instructions",
  [
    loadAndReserve("lbarx", 52, 1),
    loadAndReserve("lharx", 116, 2),
    loadAndReserve("lwarx", 20, 4),
    loadAndReserve("ldarx", 84, 8),
    storeConditional("stbcx.", 694, 1),
    storeConditional("sthcx.", 726, 2),
    storeConditional("stwcx.", 150, 4),
    storeConditional("stdcx.", 214, 8),
    row("lqarx RTp,RA,RB,EH", "X_RTp_EH", [31, 276], (m, f) => {
      const pair = m.field(f.RTp);
      // The invalid forms RTp = RA and RTp = RB are illegal instructions.
      m.if(
        m.either(m.eq(m.field(f.RA), pair), m.eq(m.field(f.RB), pair)),
        () => m.program("illegal"),
      );
      const loaded = m.loadReserveQuadword(effectiveAddress(m, f));
      m.setGprNumber(pair, m.upper(loaded));
      m.setGprNumber(m.or(pair, m.const(1)), m.lower(loaded));
    }, { also: EVEN }),
    row("stqcx. RSp,RA,RB", "X_RSp_1", [31, 182], (m, f) => {
      const pair = m.field(f.RSp);
      const quadword = m.vector(
        m.gprNumber(pair),
        m.gprNumber(m.or(pair, m.const(1))),
      );
      const ea = effectiveAddress(m, f);
      recordStored(m, m.storeConditionalQuadword(ea, quadword));
    }, { also: EVEN }),
  ],
);

/** What an atomic memory operation works on. */
interface Operands {
  /** Size of the operand in storage. */
  readonly bytes: 4 | 8;
  readonly ea: Value;
  /** The operand register, cut to the size. */
  readonly source: Value;
  /** Register RT + 2, cut to the size. */
  readonly replacement: () => Value;
}

/** The new value of the operand in storage. */
type Update = (m: Ops, old: Value, operands: Operands) => Value;

function sign(m: Ops, bytes: 4 | 8, x: Value): Value {
  return bytes === 4 ? m.signExtend(4, x) : x;
}

function extreme(
  which: "maximum" | "minimum",
  signedness: "signed" | "unsigned",
): Update {
  return (m, old, { bytes, source }) => {
    const less = signedness === "signed"
      ? m.ltSigned(sign(m, bytes, old), sign(m, bytes, source))
      : m.ltUnsigned(old, source);
    return which === "maximum"
      ? m.select(less, source, old)
      : m.select(less, old, source);
  };
}

/** Function codes 0 to 7, which the loads and the stores share (figure 3). */
const COMBINE: readonly Update[] = [
  (m, old, { source }) => m.add(old, source),
  (m, old, { source }) => m.xor(old, source),
  (m, old, { source }) => m.or(old, source),
  (m, old, { source }) => m.and(old, source),
  extreme("maximum", "unsigned"),
  extreme("maximum", "signed"),
  extreme("minimum", "unsigned"),
  extreme("minimum", "signed"),
];

/** Gives what goes to RT. */
type Fetch = (m: Ops, operands: Operands) => Value;

function fetchAnd(update: Update): Fetch {
  return (m, operands) =>
    m.readModifyWrite(
      operands.bytes,
      operands.ea,
      (old) => update(m, old, operands),
    );
}

/**
 * Steps the operand by one where it compares so with its neighbour; RT is the
 * old value then, and the most negative number where it did not.
 */
function step(
  by: 1 | -1,
  { where }: { where: "different" | "equal" },
): Fetch {
  return (m, { bytes, ea }) => {
    m.requireMemory(ea, "store", "dataStorage");
    // Incrementing is bounded by the next operand, decrementing by the last.
    const bound = m.load(bytes, m.ea(m.add(ea, m.const(by * bytes))));
    const steps = (old: Value) =>
      where === "equal" ? m.eq(old, bound) : m.ne(old, bound);
    const old = m.readModifyWrite(
      bytes,
      ea,
      (old) => m.select(steps(old), m.add(old, m.const(by)), old),
    );
    const bottom = bytes === 4 ? 1n << 31n : 1n << 63n;
    return m.select(steps(old), old, m.const(bottom));
  };
}

/** Function codes of lwat and ldat (figure 3). */
const FETCH: ReadonlyMap<number, Fetch> = new Map([
  ...COMBINE.map((update, fc) => [fc, fetchAnd(update)] as const),
  [8, fetchAnd((_m, _old, { source }) => source)],
  [
    16,
    fetchAnd((m, old, { source, replacement }) =>
      m.select(m.ne(old, source), replacement(), old)
    ),
  ],
  [24, step(1, { where: "different" })],
  [25, step(1, { where: "equal" })],
  [28, step(-1, { where: "different" })],
]);

/** Stores to two neighbours where they are equal. */
function storeTwin(m: Ops, { bytes, ea, source }: Operands): void {
  const second = m.ea(m.add(ea, m.const(bytes)));
  m.requireMemory(ea, "store", "dataStorage");
  m.requireMemory(second, "store", "dataStorage");
  const twin = m.load(bytes, second);
  const old = m.readModifyWrite(
    bytes,
    ea,
    (old) => m.select(m.eq(old, twin), source, old),
  );
  m.if(m.eq(old, twin), () => m.store(bytes, second, source));
}

/** Function codes of stwat and stdat (figure 4). */
const STORE: ReadonlyMap<number, (m: Ops, operands: Operands) => void> =
  new Map([
    ...COMBINE.map((update, fc) => [fc, fetchAnd(update)] as const),
    [24, storeTwin] as const,
  ]);

/** DSISR bits: 61 invalid function code, 60 copy or paste to such storage. */
const BAD_FUNCTION = 4;
const BAD_COPY_PASTE = 8;

function alignedTo(m: Ops, bytes: number, ea: Value): void {
  m.if(
    m.nonZero(m.and(ea, m.const(bytes - 1))),
    () => m.raise("alignment", { dar: ea }),
  );
}

function cut(m: Ops, bytes: 4 | 8, x: Value): Value {
  return bytes === 4 ? m.zeroExtend(4, x) : x;
}

function refuseFunction(m: Ops, ea: Value): void {
  m.raise("dataStorage", { dar: ea, dsisr: m.const(BAD_FUNCTION) });
}

function loadAtomic(name: string, xo: number, bytes: 4 | 8): Instruction {
  return row(`${name} RT,RA,FC`, "X_FC", [31, xo], (m, f) => {
    const ea = m.ea(m.gprOrZero(f.RA));
    const fetch = FETCH.get(m.fixed(f.FC));
    if (!fetch) return refuseFunction(m, ea);
    alignedTo(m, bytes, ea);
    const operand = (place: number) =>
      cut(m, bytes, m.gprNumber(m.add(m.field(f.RT), m.const(place))));
    const fetched = fetch(m, {
      bytes,
      ea,
      source: operand(1),
      replacement: () => operand(2),
    });
    m.setGpr(f.RT, fetched);
  }, { since: "3.0", fixed: ["FC"] });
}

function storeAtomic(name: string, xo: number, bytes: 4 | 8): Instruction {
  return row(`${name} RS,RA,FC`, "X_RS_FC", [31, xo], (m, f: {
    readonly RS: Field;
    readonly RA: Field;
    readonly FC: Field;
  }) => {
    const ea = m.ea(m.gprOrZero(f.RA));
    const store = STORE.get(m.fixed(f.FC));
    if (!store) return refuseFunction(m, ea);
    alignedTo(m, bytes, ea);
    const source = cut(m, bytes, m.gpr(f.RS));
    store(m, { bytes, ea, source, replacement: () => source });
  }, { since: "3.0", fixed: ["FC"] });
}

/** lwat, ldat, stwat and stdat. */
export const atomicMemoryOperations: Chapter = chapter(
  "Book II 4.5",
  "Atomic Memory Operations",
  [
    loadAtomic("lwat", 582, 4),
    loadAtomic("ldat", 614, 8),
    storeAtomic("stwat", 710, 4),
    storeAtomic("stdat", 742, 8),
  ],
);

/** Size and alignment of what copy and paste. move. */
const COPY_BYTES = 128;

function copyAddress(m: Ops, f: Indexed): Value {
  const ea = effectiveAddress(m, f);
  alignedTo(m, COPY_BYTES, ea);
  return ea;
}

/**
 * Copy and paste send blocks to accelerators. A partition without any has only
 * normal storage, of which paste. makes a data storage interrupt; so what copy
 * has read can never be seen, and it only checks that it may read.
 */
export const copyPaste: Chapter = chapter(
  "Book II 4.4",
  "Copy-Paste Facility",
  [
    row("copy RA,RB", "X_L1_RA_RB", [31, 774], (m, f) => {
      m.requireMemory(copyAddress(m, f), "load", "dataStorage");
    }, { since: "3.0" }),
    row("paste. RA,RB", "X_L1_RA_RB_1", [31, 902], (m, f) => {
      const ea = copyAddress(m, f);
      m.requireMemory(ea, "store", "dataStorage");
      m.raise("dataStorage", { dar: ea, dsisr: m.const(BAD_COPY_PASTE) });
    }, { since: "3.0" }),
    row("cpabort", "X_none", [31, 838], () => {}, { since: "3.0" }),
  ],
);
