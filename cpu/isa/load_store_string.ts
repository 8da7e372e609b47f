/**
 * Storage access of several registers: multiple and string (Book I 3.3.6,
 * 3.3.7).
 *
 * Little-endian mode has none of these: they cause an alignment interrupt.
 * The book lets an interrupt leave some of the registers loaded; here all
 * pages are looked at first, so that none is.
 *
 * @module
 */
import { effectiveAddress } from "./load_store_address.ts";
import type { Condition, Field, Ops, Value } from "./ops.ts";
import { type Chapter, chapter, row, type RowOptions } from "./row.ts";
import { type Subroutine, subroutine } from "./subroutine.ts";

/**
 * Raises what the first or the second page that is touched would raise, and an
 * alignment interrupt where one is a device's (Book III 7.5.8).
 */
function probeRange(
  m: Ops,
  ea: Value,
  { bytes, access }: { bytes: Value; access: "load" | "store" },
): void {
  const last = m.ea(m.add(ea, m.sub(bytes, m.const(1))));
  const page = m.and(last, m.const(-4096));
  m.requireMemory(ea, access);
  m.requireMemory(m.select(m.ltUnsigned(ea, page), page, ea), access);
}

/** (address, first register): registers up to 31 from words. */
const loadMultiple: Subroutine = subroutine(
  "loadMultiple",
  2,
  (m, ea, first) => {
    const bytes = m.shl(m.sub(m.const(32), first!), 2);
    probeRange(m, ea!, { bytes, access: "load" });
    const at = m.variable(ea!);
    const register = m.variable(first!);
    m.while(() => m.ltUnsigned(m.get(register), m.const(32)), () => {
      m.setGprNumber(m.get(register), m.load(4, m.ea(m.get(at))));
      m.set(register, m.add(m.get(register), m.const(1)));
      m.set(at, m.add(m.get(at), m.const(4)));
    });
    return m.const(0);
  },
  { raises: true },
);

/** (address, first register): words from registers up to 31. */
const storeMultiple: Subroutine = subroutine(
  "storeMultiple",
  2,
  (m, ea, first) => {
    const bytes = m.shl(m.sub(m.const(32), first!), 2);
    probeRange(m, ea!, { bytes, access: "store" });
    const at = m.variable(ea!);
    const register = m.variable(first!);
    m.while(() => m.ltUnsigned(m.get(register), m.const(32)), () => {
      m.store(4, m.ea(m.get(at)), m.gprNumber(m.get(register)));
      m.set(register, m.add(m.get(register), m.const(1)));
      m.set(at, m.add(m.get(at), m.const(4)));
    });
    return m.const(0);
  },
  { raises: true },
);

/** Left shift of the byte of a word that a string's next byte is. */
const FIRST_BYTE = 24;

/**
 * (address, bytes, first register): registers, four bytes to each from the
 * left, the rest zero; r0 follows r31.
 */
const loadString: Subroutine = subroutine(
  "loadString",
  3,
  (m, ea, bytes, first) => {
    m.if(
      m.nonZero(bytes!),
      () => probeRange(m, ea!, { bytes: bytes!, access: "load" }),
    );
    const done = m.variable(m.const(0));
    const register = m.variable(first!);
    const word = m.variable(m.const(0));
    const shift = m.variable(m.const(FIRST_BYTE));
    m.while(() => m.ltUnsigned(m.get(done), bytes!), () => {
      const byte = m.load(1, m.ea(m.add(ea!, m.get(done))));
      m.set(word, m.or(m.get(word), m.shl(byte, m.get(shift))));
      m.set(done, m.add(m.get(done), m.const(1)));
      m.if(
        m.either(
          m.eq(m.get(shift), m.const(0)),
          m.eq(m.get(done), bytes!),
        ),
        () => {
          m.setGprNumber(m.get(register), m.get(word));
          m.set(register, m.add(m.get(register), m.const(1)));
          m.set(word, m.const(0));
          m.set(shift, m.const(FIRST_BYTE));
        },
        () => m.set(shift, m.sub(m.get(shift), m.const(8))),
      );
    });
    return m.const(0);
  },
  { raises: true },
);

/** (address, bytes, first register): the reverse of loadString. */
const storeString: Subroutine = subroutine(
  "storeString",
  3,
  (m, ea, bytes, first) => {
    m.if(
      m.nonZero(bytes!),
      () => probeRange(m, ea!, { bytes: bytes!, access: "store" }),
    );
    const done = m.variable(m.const(0));
    m.while(() => m.ltUnsigned(m.get(done), bytes!), () => {
      const at = m.get(done);
      const word = m.gprNumber(m.add(first!, m.shr(at, 2)));
      const shift = m.sub(
        m.const(FIRST_BYTE),
        m.shl(m.and(at, m.const(3)), 3),
      );
      m.store(1, m.ea(m.add(ea!, at)), m.shr(word, shift));
      m.set(done, m.add(at, m.const(1)));
    });
    return m.const(0);
  },
  { raises: true },
);

function refuseLittleEndian(m: Ops, ea: Value): void {
  m.if(m.littleEndian(), () => m.raise("alignment", { dar: ea }));
}

/** The address of a string whose length is an operand. */
function immediateAddress(m: Ops, f: { readonly RA: Field }): Value {
  return m.ea(m.gprOrZero(f.RA));
}

/** NB, of which 0 means 32. */
function immediateLength(m: Ops, f: { readonly NB: Field }): Value {
  const nb = m.field(f.NB);
  return m.select(m.nonZero(nb), nb, m.const(32));
}

/** Whether the register is among those that the string fills. */
function isFilled(
  m: Ops,
  register: Field,
  { first, bytes }: { first: Value; bytes: Value },
): Condition {
  const place = m.and(m.sub(m.field(register), first), m.const(31));
  const registers = m.shr(m.add(bytes, m.const(3)), 2);
  return m.ltUnsigned(place, registers);
}

function loadImmediate(
  m: Ops,
  f: Record<"RT" | "RA" | "NB", Field>,
): void {
  const ea = immediateAddress(m, f);
  refuseLittleEndian(m, ea);
  const bytes = immediateLength(m, f);
  const first = m.field(f.RT);
  m.if(
    isFilled(m, f.RA, { first, bytes }),
    () => m.program("illegal"),
  );
  m.call(loadString, ea, bytes, first);
}

function storeImmediate(
  m: Ops,
  f: Record<"RS" | "RA" | "NB", Field>,
): void {
  const ea = immediateAddress(m, f);
  refuseLittleEndian(m, ea);
  m.call(storeString, ea, immediateLength(m, f), m.field(f.RS));
}

/** NB = 0, which is written as what it means. */
const ALL_32: RowOptions = { also: [0x1f << 11, 0] };

/** lmw and stmw. */
export const fixedMultiple: Chapter = chapter(
  "Book I 3.3.6",
  "Fixed-Point Load and Store Multiple Instructions",
  [
    row("lmw RT,SI(RA)", "D", [46], (m, f) => {
      const ea = effectiveAddress(m, f);
      refuseLittleEndian(m, ea);
      m.call(loadMultiple, ea, m.field(f.RT));
    }),
    row("stmw RS,SI(RA)", "D_RS", [47], (m, f) => {
      const ea = effectiveAddress(m, f);
      refuseLittleEndian(m, ea);
      m.call(storeMultiple, ea, m.field(f.RS));
    }),
  ],
);

/**
 * The string instructions. To fill a register that is part of the address is
 * an invalid form: an illegal instruction.
 */
export const fixedString: Chapter = chapter(
  "Book I 3.3.7",
  "Fixed-Point Move Assist Instructions",
  [
    row("lswi RT,RA,NB", "X_NB", [31, 597], loadImmediate),
    row("lswi RT,RA,32", "X_NB", [31, 597], loadImmediate, ALL_32),
    row("lswx RT,RA,RB", "X", [31, 533], (m, f) => {
      const ea = effectiveAddress(m, f);
      refuseLittleEndian(m, ea);
      const bytes = m.reg("XER_COUNT");
      const first = m.field(f.RT);
      m.if(
        m.either(
          m.both(
            m.nonZero(m.field(f.RA)),
            isFilled(m, f.RA, { first, bytes }),
          ),
          isFilled(m, f.RB, { first, bytes }),
        ),
        () => m.program("illegal"),
      );
      m.call(loadString, ea, bytes, first);
    }),
    row("stswi RS,RA,NB", "X_RS_NB", [31, 725], storeImmediate),
    row("stswi RS,RA,32", "X_RS_NB", [31, 725], storeImmediate, ALL_32),
    row("stswx RS,RA,RB", "X_RS", [31, 661], (m, f) => {
      const ea = effectiveAddress(m, f);
      refuseLittleEndian(m, ea);
      m.call(storeString, ea, m.reg("XER_COUNT"), m.field(f.RS));
    }),
  ],
);
