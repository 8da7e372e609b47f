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
import { requireShootdown } from "./lookaside.ts";
import type { Field, Ops, Value } from "./ops.ts";
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
  readonly PRS: Field;
  readonly R: Field;
}

/** Fields of RB: IS, the set of tlbiel, AP. */
const IS = 0xc00n;
const SET = 0xff_f000n;
const AP = 0xe0n;
/** AP of the page sizes that a dropped page covers: 4 KiB and 64 KiB. */
const SMALL_PAGES = [0n << 5n, 5n << 5n] as const;

/** A radix page of the current process, or else everything. */
function dropPageOrAll(m: Ops, rb: Value): void {
  const ap = m.and(rb, m.const(AP));
  const small = SMALL_PAGES.map((code) => m.eq(ap, m.const(code)))
    .reduce((any, one) => m.either(any, one));
  m.if(
    small,
    () => m.dropTranslations("page", m.ea(m.and(rb, m.const(-4096)))),
    () => m.dropTranslations("all"),
  );
}

/**
 * Invalidates what RB says. Translations of other processes are not kept, so
 * neither RS nor RIC matter; a hash page is named by its virtual address,
 * which does not tell where it is used.
 */
function invalidate(
  m: Ops,
  f: Pick<Operands, "R">,
  { rb, local, version }: {
    readonly rb: Value;
    readonly local: boolean;
    readonly version: IsaVersion;
  },
): void {
  const onePage = m.eq(m.and(rb, m.const(IS)), m.const(0));
  const many = () => {
    if (!local) return m.dropTranslations("all");
    const firstClass = m.eq(m.and(rb, m.const(SET)), m.const(0));
    m.if(firstClass, () => m.dropTranslations("all"));
  };
  const page = () => {
    // R and the radix tree that it means came with 3.0.
    if (version === "2.07") return m.dropTranslations("all");
    m.when(
      f.R,
      () => dropPageOrAll(m, rb),
      () => m.dropTranslations("all"),
    );
  };
  m.if(onePage, page, many);
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
    }, only(version)),
    row("tlbiel RB,RS,RIC,PRS,R", "X_RIC", [31, 274], (m, f) => {
      m.privileged();
      if (version === "3.0") refusePartitionScope(m, f.PRS);
      invalidate(m, f, { rb: m.gpr(f.RB), local: true, version });
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
    }),
  ],
);
