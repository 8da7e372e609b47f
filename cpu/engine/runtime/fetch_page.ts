/**
 * Instruction fetch: from an address to the decoded form of its page.
 *
 * @module
 */
import type { Value } from "../../isa/ops.ts";
import { translate } from "../../mmu/mod.ts";
import type { Local } from "../../wasm/code.ts";
import { countUp } from "../count_up.ts";
import { CODE_ENTRY, pushCodeEntry } from "../code_tlb.ts";
import type { Emitter } from "../emitter/mod.ts";
import { CODE_TLB_BYTES, CONTEXTS, DECODED_PAGE_OWNER } from "../layout.ts";
import { claimPage } from "./coherence.ts";
import { newDecodedPage, pushCodeMap } from "./decoded_pages.ts";
import { protectPage } from "./drops.ts";
import { type FunctionSet, parameter } from "./functions.ts";

/**
 * (state, address) → decoded page of the instruction's page, 0 where its fetch
 * raises an interrupt. The code TLB knows it from then on.
 */
export function fetchPage(f: FunctionSet): number {
  return f.once("fetch", (m, c) => {
    const nia = parameter(m, 1);
    const page = c.local("i32");
    const decoded = c.local("i32");
    const real = m.call(translate, nia, m.const(2));
    m.if(
      m.negate(m.inRam(real, 4)),
      // Not memory: as guarded storage (SRR1 35).
      () => m.raise("instructionStorage", { srr1: m.const(0x10000000n) }),
    );
    m.pushLow(m.shr(real, 12));
    c.set(page);
    const order = f.mode.littleEndian ? 1 : 0;
    pushCodeMap(f, c, { order, page });
    c.memory("i32.load", 0);
    c.set(decoded);
    c.get(decoded);
    c.op("i32.eqz");
    c.if(false);
    if (f.layout.concurrent) {
      c.get(0);
      c.get(page);
      c.call(claimPage(f));
    }
    c.get(0);
    c.call(newDecodedPage(f));
    c.set(decoded);
    c.get(decoded);
    c.get(page);
    c.i32(1);
    c.op("i32.add");
    c.memory("i32.store", DECODED_PAGE_OWNER);
    pushCodeMap(f, c, { order, page });
    c.get(decoded);
    c.memory("i32.store", 0);
    if (!f.layout.concurrent) {
      c.get(0);
      c.get(page);
      c.call(protectPage(f));
    }
    c.end();
    enterCode(f, m, { nia, decoded });
    c.get(decoded);
  }, { parameters: ["i64"], results: ["i32"] });
}

/** Enters a page into the code TLB, and notes where it is a user's. */
function enterCode(
  f: FunctionSet,
  m: Emitter,
  { nia, decoded }: { nia: Value; decoded: Local },
): void {
  const c = m.code;
  countUp(c, "CODE_ENTERED");
  const entry = c.local("i32");
  pushCodeEntry(c, () => m.push(nia));
  c.set(entry);
  c.get(entry);
  m.push(m.and(nia, m.const(-4096)));
  c.memory("i64.store", CODE_ENTRY.tag);
  c.get(entry);
  c.get(decoded);
  c.memory("i32.store", CODE_ENTRY.decoded);
  const context = m.shr(
    m.sub(m.reg("TLB_CODE"), address(f, m, f.vcpu.codeTlb)),
    Math.log2(CODE_TLB_BYTES),
  );
  const bit = m.shl(m.const(1), context);
  const ofUser = m.either(
    m.either(
      m.nonZero(m.and(bit, m.const(1 << 2 | 1 << (CONTEXTS + 2)))),
      m.leSigned(m.const(0), nia),
    ),
    m.eq(m.reg("PAGE_PRIVILEGED"), m.const(0)),
  );
  m.if(
    ofUser,
    () => m.setReg("TLB_USER_CODE", m.or(m.reg("TLB_USER_CODE"), bit)),
  );
}

/** Where something of the first vCPU's block is in this one. */
function address(f: FunctionSet, m: Emitter, at: number): Value {
  f.pushAddress(m.code, at);
  m.code.op("i64.extend_i32_u");
  return m.take();
}
