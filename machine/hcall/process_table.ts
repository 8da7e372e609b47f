/**
 * H_REGISTER_PROC_TBL (LoPAPR 14.5.4.1.11 as ISA 3.0 platforms extend it): the
 * guest names its process table and its way of translating.
 *
 * @module
 */
import { LPCR } from "../../cpu/state.ts";
import { H } from "./codes.ts";
import { hypercall, type HypercallContext } from "./table.ts";

const FLAG = {
  GTSE: 1n,
  HASH_SEGMENT_TABLE: 2n,
  RADIX: 4n,
  REGISTER: 8n,
  MODIFY: 16n,
  ALL: 0x1fn,
} as const;

/** PRTBL's format: see `cpu/mmu/radix.ts`. */
function radixEntry(call: HypercallContext): bigint | number {
  const base = call.arg(2);
  const size = call.arg(4);
  if ((base & 0xfffn) !== 0n || base >> 60n !== 0n) return H.P2;
  if (call.arg(3) !== 0n) return H.P3;
  if (size > 24n) return H.P4;
  return base | size;
}

function hashEntry(call: HypercallContext, flags: bigint): bigint | number {
  // Segment tables in memory: no operating system has ever used them.
  if (flags & FLAG.HASH_SEGMENT_TABLE) return H.PARAMETER;
  const base = call.arg(2);
  const pageSize = call.arg(3);
  const size = call.arg(4);
  if (base >> 38n !== 0n) return H.P2;
  if (pageSize & ~7n) return H.P3;
  if (size > 24n) return H.P4;
  return (base << 25n) | (pageSize << 5n) | size;
}

function register(call: HypercallContext): number {
  const flags = call.arg(1);
  const { accelerator, platform, lpcr } = call.world;
  // Process tables came with ISA 3.0.
  if (platform.cpu === "power8") return H.FUNCTION;
  if (flags & ~FLAG.ALL) return H.PARAMETER;
  const radix = (flags & FLAG.RADIX) !== 0n;
  if (radix !== (platform.mmu === "radix")) return H.PARAMETER;
  if (flags & FLAG.MODIFY) {
    const entry = !(flags & FLAG.REGISTER)
      ? 0n
      : radix
      ? radixEntry(call)
      : hashEntry(call, flags);
    if (typeof entry === "number") return entry;
    for (let vcpu = 0; vcpu < platform.vcpus; vcpu++) {
      accelerator.setOneReg(vcpu, "PRTBL", entry);
    }
  }
  lpcr.setAll(
    (radix ? LPCR.UPRT | LPCR.HR : 0n) | (flags & FLAG.GTSE ? LPCR.GTSE : 0n),
    LPCR.UPRT | LPCR.HR | LPCR.GTSE,
    "H_REGISTER_PROC_TBL",
  );
  return H.SUCCESS;
}

/** The call. */
export const processTableCalls = [
  hypercall(
    "H_REGISTER_PROC_TBL",
    0x37c,
    "flags table page_size table_size",
    { handle: register },
  ),
];
