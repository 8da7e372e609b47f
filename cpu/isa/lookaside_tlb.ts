/**
 * The translation lookaside buffer's instructions (Book III 6.9.3.3).
 *
 * What is looked aside is what the engines keep of finished translations. The
 * book leaves the number of congruence classes to the implementation; this
 * one has all its entries in class 0, so that tlbiel of another class finds
 * nothing to do.
 *
 * @module
 */
import { LPCR } from "../state.ts";
import { fetchNext } from "./fetch_next.ts";
import { requireShootdown } from "./lookaside.ts";
import type { Condition, Field, Ops, Value } from "./ops.ts";
import {
  type Chapter,
  chapter,
  type Instruction,
  type IsaVersion,
  only,
  row,
} from "./row.ts";

/** Operands of tlbie and tlbiel. */
interface Operands {
  readonly RB: Field;
  readonly RS: Field;
  readonly RIC: Field;
  readonly PRS: Field;
  readonly R: Field;
}

/** Fields of RB: IS, the set of tlbiel, AP. */
const IS = 0xc00n;
const SET = 0xff_f000n;
const AP = 0xe0n;
/** IS: one page, or the whole of a process. */
const ONE_PAGE = 0n;
const PROCESS = 0x400n;
/** AP of the page sizes that a dropped page covers: 4 KiB and 64 KiB. */
const SMALL_PAGES = [0n << 5n, 5n << 5n] as const;
/** RIC: the page walk cache alone, which there is not. */
const WALK_CACHE = 1;

function either(m: Ops, conditions: readonly Condition[]): Condition {
  return conditions.reduce((any, one) => m.either(any, one));
}

/** Where an invalidation reaches: this thread alone, or all. */
interface Reach {
  readonly local: boolean;
}

/** A page of a radix tree: itself, or the half of the addresses it is in. */
function dropRadixPage(
  m: Ops,
  { rb, local }: Reach & { readonly rb: Value },
): void {
  const ap = m.and(rb, m.const(AP));
  const small = SMALL_PAGES.map((code) => m.eq(ap, m.const(code)));
  const system = m.ltSigned(rb, m.const(0));
  m.if(either(m, small), () => {
    m.dropTranslations("page", m.ea(m.and(rb, m.const(-4096))));
    if (!local) dropOfOthers(m, system);
  }, () => dropUserUnless(m, { system, local }));
}

function dropUserUnless(
  m: Ops,
  { system, local }: Reach & { readonly system: Condition },
): void {
  m.if(
    system,
    () => m.dropTranslations("all"),
    () => m.dropTranslations("user"),
  );
  if (!local) dropOfOthers(m, system);
}

/** What others keep of the system is left alone where a process is meant. */
function dropOfOthers(m: Ops, system: Condition): void {
  m.if(
    system,
    () => m.dropTranslations("others"),
    () => m.dropTranslations("otherUsers"),
  );
}

/** Translations of a process; process 0 is the system. */
function dropProcess(
  m: Ops,
  { rb, rs, local }: Reach & { readonly rb: Value; readonly rs: Value },
): void {
  const isProcess = m.eq(m.and(rb, m.const(IS)), m.const(PROCESS));
  const isSystem = m.eq(m.shr(rs, 32), m.const(0));
  const system = m.either(m.negate(isProcess), isSystem);
  dropUserUnless(m, { system, local });
}

/**
 * Drops what the operands say, in a radix tree that processes use. Translations
 * of other processes are not kept.
 */
function dropFromTree(
  m: Ops,
  f: Operands,
  { rb, local }: Reach & { readonly rb: Value },
): void {
  const onePage = m.eq(m.and(rb, m.const(IS)), m.const(ONE_PAGE));
  m.if(onePage, () => dropRadixPage(m, { rb, local }), () => {
    const drop = () => dropProcess(m, { rb, rs: m.gpr(f.RS), local });
    if (!local) return drop();
    const firstClass = m.eq(m.and(rb, m.const(SET)), m.const(0));
    m.if(firstClass, drop);
  });
}

/** A hash page is named by a virtual address, which is not kept. */
function dropEverything(
  m: Ops,
  { rb, local }: Reach & { readonly rb: Value },
): void {
  if (!local) {
    m.dropTranslations("others");
    return m.dropTranslations("all");
  }
  const onePage = m.eq(m.and(rb, m.const(IS)), m.const(ONE_PAGE));
  const firstClass = m.eq(m.and(rb, m.const(SET)), m.const(0));
  m.if(m.either(onePage, firstClass), () => m.dropTranslations("all"));
}

/** Invalidates what the operands say. */
function invalidate(
  m: Ops,
  f: Operands,
  what: Reach & { readonly rb: Value; readonly version: IsaVersion },
): void {
  // R, PRS, RIC and the radix trees that they mean came with 3.0.
  if (what.version === "2.07") return dropEverything(m, what);
  m.when(f.R, () => {
    m.when(f.PRS, () => {
      const walkCache = m.eq(m.field(f.RIC), m.const(WALK_CACHE));
      m.if(m.negate(walkCache), () => dropFromTree(m, f, what));
    }, () => dropEverything(m, what));
  }, () => dropEverything(m, what));
}

/** With PRS = 0 in a radix partition, tlbie and tlbiel are the hypervisor's. */
function refusePartitionScope(m: Ops, prs: Field): void {
  m.when(prs, () => {}, () => {
    const radix = m.nonZero(m.and(m.reg("LPCR"), m.const(LPCR.HR)));
    m.if(
      m.both(m.negate(m.hypervisorState()), radix),
      () => m.program("privileged"),
    );
  });
}

function tlbie(version: IsaVersion): readonly Instruction[] {
  return [
    row("tlbie RB,RS,RIC,PRS,R", "X_RIC", [31, 306], (m, f) => {
      requireShootdown(m);
      if (version === "3.0") refusePartitionScope(m, f.PRS);
      const rb = m.ea(m.gpr(f.RB));
      invalidate(m, f, { rb, local: false, version });
      fetchNext(m);
    }, only(version)),
    row("tlbiel RB,RS,RIC,PRS,R", "X_RIC", [31, 274], (m, f) => {
      m.privileged();
      if (version === "3.0") refusePartitionScope(m, f.PRS);
      invalidate(m, f, { rb: m.gpr(f.RB), local: true, version });
      fetchNext(m);
    }, only(version)),
  ];
}

/** The TLB management instructions. */
export const tlbManagement: Chapter = chapter(
  "Book III 6.9.3.3",
  "TLB Management Instructions",
  [
    ...tlbie("2.07"),
    ...tlbie("3.0"),
    row("tlbsync", "X_none", [31, 566], (m) => {
      requireShootdown(m);
      m.barrier("ptesync");
      fetchNext(m);
    }),
  ],
);
