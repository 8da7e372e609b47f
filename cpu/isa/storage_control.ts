/**
 * Caches, synchronization and wait (Book II 4.3, 4.6).
 *
 * The caches of this processor cannot be seen: hints do nothing, and what
 * writes a block back or drops it only checks that the block may be read.
 *
 * @module
 */
import { fetchNext } from "./fetch_next.ts";
import { effectiveAddress, type Indexed } from "./load_store_address.ts";
import type { Ops } from "./ops.ts";
import { type Chapter, chapter, type Instruction, row } from "./row.ts";

/** Size of a data cache block on POWER8 and POWER9 (user's manuals). */
export const CACHE_BLOCK_BYTES = 128;

/** Does nothing with the address, which makes RA the (RA|0) of the text. */
function hint(m: Ops, f: Indexed): void {
  effectiveAddress(m, f);
}

function checkBlock(m: Ops, f: Indexed): void {
  m.probe(effectiveAddress(m, f), "load");
}

function zeroBlock(m: Ops, f: Indexed): void {
  m.zeroBlock(CACHE_BLOCK_BYTES, effectiveAddress(m, f));
}

/** Data streams of vector code, which later books gave up: hints. */
function stream(name: string, xo: number): readonly Instruction[] {
  // RA and RB only say what may come: they are not read, as 0 is no base.
  return [
    row(`${name} RA,RB,STRM`, "X_STRM", [31, xo], () => {}),
    row(`${name}t RA,RB,STRM`, "X_STRM_T", [31, xo], () => {}),
  ];
}

/** Instruction and data cache. */
export const cacheManagement: Chapter = chapter(
  "Book II 4.3",
  "Cache Management Instructions",
  [
    row("icbi RA,RB", "X_RA_RB", [31, 982], (m, f) => {
      m.invalidateInstructions(effectiveAddress(m, f));
    }),
    row("icbt CT,RA,RB", "X_CT", [31, 22], hint),
    row("dcbt RA,RB,TH", "X_TH", [31, 278], hint),
    row("dcbtst RA,RB,TH", "X_TH", [31, 246], hint),
    row("dcbz RA,RB", "X_RA_RB", [31, 1014], zeroBlock),
    // Bit 10 of dcbz is reserved, and ignored; objdump names it.
    row("dcbzl RA,RB", "X_L1_RA_RB", [31, 1014], zeroBlock),
    row("dcbst RA,RB", "X_RA_RB", [31, 54], checkBlock),
    row("dcbf RA,RB,L", "X_L_RA_RB", [31, 86], checkBlock),
    ...stream("dst", 342),
    ...stream("dstst", 374),
    row("dss STRM", "X_STRM_only", [31, 822], () => {}),
    row("dssall", "X_all", [31, 822], () => {}),
  ],
);

/** isync, the memory barriers and wait. */
export const synchronization: Chapter = chapter(
  "Book II 4.6",
  "Synchronization Instructions",
  [
    row("isync", "X_none", [19, 150], (m) => m.barrier("isync")),
    row("sync L", "X_L_only", [31, 598], (m, f) => {
      switch (m.fixed(f.L)) {
        case 1:
          m.barrier("lwsync");
          break;
        case 2:
          m.barrier("ptesync");
          // Translations of this very page may have gone meanwhile.
          fetchNext(m);
          break;
        default:
          m.barrier("sync");
      }
    }, { fixed: ["L"] }),
    row("eieio", "X_none", [31, 854], (m) => m.barrier("eieio")),
    // WC = 0 waits for an interrupt; the others are no-operations here.
    row("wait WC", "X_WC", [31, 30], (m, f) => {
      if (m.fixed(f.WC) === 0) m.exit("wait");
    }, { since: "3.0", fixed: ["WC"] }),
  ],
);
