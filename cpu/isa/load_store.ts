/**
 * Fixed-point loads and stores of one to eight bytes and of quadwords
 * (Book I 3.3.2 to 3.3.5, Book III 5.4.1).
 *
 * @module
 */
import { MSR } from "../state.ts";
import {
  type Displaced,
  effectiveAddress,
  type Indexed,
  updatedAddress,
} from "./load_store_address.ts";
import type { Bytes, Condition, Field, Ops, Value } from "./ops.ts";
import { type Chapter, chapter, row } from "./row.ts";

type Address = Indexed | Displaced;

/** How a load fills the register: with zeros, or with the sign. */
type Fill = "zero" | "algebraic";

function extend(m: Ops, bytes: Bytes, fill: Fill, loaded: Value): Value {
  return fill === "algebraic" && bytes !== 8
    ? m.signExtend(bytes, loaded)
    : loaded;
}

function load(bytes: Bytes, fill: Fill = "zero") {
  return (m: Ops, f: Address & { readonly RT: Field }) => {
    const loaded = m.load(bytes, effectiveAddress(m, f));
    m.setGpr(f.RT, extend(m, bytes, fill, loaded));
  };
}

function isZero(m: Ops, f: Field): Condition {
  return m.eq(m.field(f), m.const(0));
}

/** The invalid forms RA = 0 and RA = RT are illegal instructions. */
function loadUpdate(bytes: Bytes, fill: Fill = "zero") {
  return (m: Ops, f: Address & { readonly RT: Field }) => {
    m.if(
      m.either(isZero(m, f.RA), m.eq(m.field(f.RA), m.field(f.RT))),
      () => m.program("illegal"),
    );
    const ea = updatedAddress(m, f);
    const loaded = m.load(bytes, ea);
    m.setGpr(f.RT, extend(m, bytes, fill, loaded));
    m.setGpr(f.RA, ea);
  };
}

function store(bytes: Bytes) {
  return (m: Ops, f: Address & { readonly RS: Field }) => {
    m.store(bytes, effectiveAddress(m, f), m.gpr(f.RS));
  };
}

/** The invalid form RA = 0 is an illegal instruction. */
function storeUpdate(bytes: Bytes) {
  return (m: Ops, f: Address & { readonly RS: Field }) => {
    m.if(isZero(m, f.RA), () => m.program("illegal"));
    const ea = updatedAddress(m, f);
    m.store(bytes, ea, m.gpr(f.RS));
    m.setGpr(f.RA, ea);
  };
}

function loadReversed(bytes: 2 | 4 | 8) {
  return (m: Ops, f: Indexed & { readonly RT: Field }) => {
    m.setGpr(f.RT, m.loadReversed(bytes, effectiveAddress(m, f)));
  };
}

function storeReversed(bytes: 2 | 4 | 8) {
  return (m: Ops, f: Indexed & { readonly RS: Field }) => {
    m.storeReversed(bytes, effectiveAddress(m, f), m.gpr(f.RS));
  };
}

/** DSISR 62: a caching-inhibited access with MSR[DR] = 1. */
const BAD_CACHING_INHIBITED = 2;

/**
 * These address real storage. The data storage interrupt where MSR[DR] = 1
 * tells of no page fault, so DAR alone names the address.
 */
function cachingInhibited(m: Ops, f: Indexed): Value {
  m.hypervisor();
  const ea = effectiveAddress(m, f);
  m.if(m.nonZero(m.and(m.reg("MSR"), m.const(MSR.DR))), () => {
    m.raise("dataStorage", {
      dar: ea,
      dsisr: m.const(BAD_CACHING_INHIBITED),
    });
  });
  return ea;
}

function loadCachingInhibited(bytes: Bytes) {
  return (m: Ops, f: Indexed & { readonly RT: Field }) => {
    m.setGpr(f.RT, m.load(bytes, cachingInhibited(m, f)));
  };
}

function storeCachingInhibited(bytes: Bytes) {
  return (m: Ops, f: Indexed & { readonly RS: Field }) => {
    m.store(bytes, cachingInhibited(m, f), m.gpr(f.RS));
  };
}

/** The loads, with zeros, with the sign, and with update. */
export const fixedLoads: Chapter = chapter(
  "Book I 3.3.2",
  "Fixed-Point Load Instructions",
  [
    row("lbz RT,SI(RA)", "D", [34], load(1)),
    row("lbzx RT,RA,RB", "X", [31, 87], load(1)),
    row("lbzu RT,SI(RA)", "D", [35], loadUpdate(1)),
    row("lbzux RT,RA,RB", "X", [31, 119], loadUpdate(1)),
    row("lhz RT,SI(RA)", "D", [40], load(2)),
    row("lhzx RT,RA,RB", "X", [31, 279], load(2)),
    row("lhzu RT,SI(RA)", "D", [41], loadUpdate(2)),
    row("lhzux RT,RA,RB", "X", [31, 311], loadUpdate(2)),
    row("lha RT,SI(RA)", "D", [42], load(2, "algebraic")),
    row("lhax RT,RA,RB", "X", [31, 343], load(2, "algebraic")),
    row("lhau RT,SI(RA)", "D", [43], loadUpdate(2, "algebraic")),
    row("lhaux RT,RA,RB", "X", [31, 375], loadUpdate(2, "algebraic")),
    row("lwz RT,SI(RA)", "D", [32], load(4)),
    row("lwzx RT,RA,RB", "X", [31, 23], load(4)),
    row("lwzu RT,SI(RA)", "D", [33], loadUpdate(4)),
    row("lwzux RT,RA,RB", "X", [31, 55], loadUpdate(4)),
    row("lwa RT,DS(RA)", "DS", [58, 2], load(4, "algebraic")),
    row("lwax RT,RA,RB", "X", [31, 341], load(4, "algebraic")),
    row("lwaux RT,RA,RB", "X", [31, 373], loadUpdate(4, "algebraic")),
    row("ld RT,DS(RA)", "DS", [58, 0], load(8)),
    row("ldx RT,RA,RB", "X", [31, 21], load(8)),
    row("ldu RT,DS(RA)", "DS", [58, 1], loadUpdate(8)),
    row("ldux RT,RA,RB", "X", [31, 53], loadUpdate(8)),
  ],
);

/** The stores, also with update. */
export const fixedStores: Chapter = chapter(
  "Book I 3.3.3",
  "Fixed-Point Store Instructions",
  [
    row("stb RS,SI(RA)", "D_RS", [38], store(1)),
    row("stbx RS,RA,RB", "X_RS", [31, 215], store(1)),
    row("stbu RS,SI(RA)", "D_RS", [39], storeUpdate(1)),
    row("stbux RS,RA,RB", "X_RS", [31, 247], storeUpdate(1)),
    row("sth RS,SI(RA)", "D_RS", [44], store(2)),
    row("sthx RS,RA,RB", "X_RS", [31, 407], store(2)),
    row("sthu RS,SI(RA)", "D_RS", [45], storeUpdate(2)),
    row("sthux RS,RA,RB", "X_RS", [31, 439], storeUpdate(2)),
    row("stw RS,SI(RA)", "D_RS", [36], store(4)),
    row("stwx RS,RA,RB", "X_RS", [31, 151], store(4)),
    row("stwu RS,SI(RA)", "D_RS", [37], storeUpdate(4)),
    row("stwux RS,RA,RB", "X_RS", [31, 183], storeUpdate(4)),
    row("std RS,DS(RA)", "DS_RS", [62, 0], store(8)),
    row("stdx RS,RA,RB", "X_RS", [31, 149], store(8)),
    row("stdu RS,DS(RA)", "DS_RS", [62, 1], storeUpdate(8)),
    row("stdux RS,RA,RB", "X_RS", [31, 181], storeUpdate(8)),
  ],
);

/** The lowest bit of RTp and RSp: a pair starts at an even register. */
const EVEN = [1 << 21, 0] as const;

/** lq and stq; the even register has the high-order doubleword. */
export const fixedQuadword: Chapter = chapter(
  "Book I 3.3.4",
  "Fixed-Point Load and Store Quadword Instructions",
  [
    row("lq RTp,DQ(RA)", "DQ_RTp", [56], (m, f) => {
      m.if(
        m.eq(m.field(f.RA), m.field(f.RTp)),
        () => m.program("illegal"),
      );
      const ea = effectiveAddress(m, f);
      m.requireMemory(ea, "load", "dataStorage");
      const loaded = m.loadQuadword(ea);
      const pair = m.field(f.RTp);
      m.setGprNumber(pair, m.upper(loaded));
      m.setGprNumber(m.or(pair, m.const(1)), m.lower(loaded));
    }, { also: EVEN }),
    row("stq RSp,DS(RA)", "DS_RSp", [62, 2], (m, f) => {
      const pair = m.field(f.RSp);
      const ea = effectiveAddress(m, f);
      m.requireMemory(ea, "store", "dataStorage");
      m.storeQuadword(
        ea,
        m.vector(
          m.gprNumber(pair),
          m.gprNumber(m.or(pair, m.const(1))),
        ),
      );
    }, { also: EVEN }),
  ],
);

/** Loads and stores against the byte order of MSR[LE]. */
export const fixedReversed: Chapter = chapter(
  "Book I 3.3.5",
  "Fixed-Point Load and Store with Byte Reversal Instructions",
  [
    row("lhbrx RT,RA,RB", "X", [31, 790], loadReversed(2)),
    row("lwbrx RT,RA,RB", "X", [31, 534], loadReversed(4)),
    row("ldbrx RT,RA,RB", "X", [31, 532], loadReversed(8)),
    row("sthbrx RS,RA,RB", "X_RS", [31, 918], storeReversed(2)),
    row("stwbrx RS,RA,RB", "X_RS", [31, 662], storeReversed(4)),
    row("stdbrx RS,RA,RB", "X_RS", [31, 660], storeReversed(8)),
  ],
);

/** Loads and stores of device registers, for the hypervisor in real mode. */
export const fixedCachingInhibited: Chapter = chapter(
  "Book III 5.4.1",
  "Fixed-Point Load and Store Caching Inhibited Instructions",
  [
    row("lbzcix RT,RA,RB", "X", [31, 853], loadCachingInhibited(1)),
    row("lhzcix RT,RA,RB", "X", [31, 821], loadCachingInhibited(2)),
    row("lwzcix RT,RA,RB", "X", [31, 789], loadCachingInhibited(4)),
    row("ldcix RT,RA,RB", "X", [31, 885], loadCachingInhibited(8)),
    row("stbcix RS,RA,RB", "X_RS", [31, 981], storeCachingInhibited(1)),
    row("sthcix RS,RA,RB", "X_RS", [31, 949], storeCachingInhibited(2)),
    row("stwcix RS,RA,RB", "X_RS", [31, 917], storeCachingInhibited(4)),
    row("stdcix RS,RA,RB", "X_RS", [31, 1013], storeCachingInhibited(8)),
  ],
);
