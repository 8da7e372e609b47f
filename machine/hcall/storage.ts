/**
 * Hypercalls that touch storage for the guest: pages, and real-mode accesses
 * (LoPAPR 14.5.4.2).
 *
 * @module
 */
import { H } from "./codes.ts";
import { hypercall, type HypercallContext } from "./table.ts";

const PAGE = 4096;

/** Flags of H_PAGE_INIT. */
const PAGE_INIT = {
  zero: 1n << 15n,
  copy: 1n << 14n,
  icacheInvalidate: 1n << 13n,
  icacheSync: 1n << 12n,
  /** Hints of cooperative memory overcommitment. */
  hints: (1n << 19n) | (1n << 18n) | (1n << 17n),
} as const;

function pageInit(call: HypercallContext): number {
  const flags = call.arg(1);
  const target = call.number(2);
  const source = call.number(3);
  const { ram } = call.world;
  const known = PAGE_INIT.zero | PAGE_INIT.copy | PAGE_INIT.icacheInvalidate |
    PAGE_INIT.icacheSync | PAGE_INIT.hints;
  if (flags & ~known) return H.PARAMETER;
  if (target % PAGE !== 0 || !ram.contains(target, PAGE)) return H.PARAMETER;
  if (flags & PAGE_INIT.copy) {
    if (source % PAGE !== 0 || !ram.contains(source, PAGE)) return H.PARAMETER;
    ram.write(target, ram.read(source, PAGE));
  } else if (flags & PAGE_INIT.zero) ram.fill(target, PAGE);
  return H.SUCCESS;
}

/** A real-mode load; `size` is 1, 2, 4 or 8. */
function logicalLoad(call: HypercallContext): number {
  const size = call.number(1);
  const address = call.number(2);
  const { ram } = call.world;
  if (![1, 2, 4, 8].includes(size) || !ram.contains(address, size)) {
    return H.PARAMETER;
  }
  let value = 0n;
  for (const byte of ram.read(address, size)) {
    value = (value << 8n) | BigInt(byte);
  }
  call.result(1, value);
  return H.SUCCESS;
}

function logicalStore(call: HypercallContext): number {
  const size = call.number(1);
  const address = call.number(2);
  const { ram } = call.world;
  if (![1, 2, 4, 8].includes(size) || !ram.contains(address, size)) {
    return H.PARAMETER;
  }
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setBigUint64(0, call.arg(3));
  ram.write(address, new Uint8Array(bytes.buffer, 8 - size));
  return H.SUCCESS;
}

/** Caches need no care here: the emulated ones are coherent. */
function nothing(): number {
  return H.SUCCESS;
}

/** The calls, by number. */
export const storageCalls = [
  hypercall("H_PAGE_INIT", 0x2c, "flags target source", {
    handle: pageInit,
    hypertas: "hcall-copy",
  }),
  hypercall("H_LOGICAL_CI_LOAD", 0x3c, "size address", {
    handle: logicalLoad,
    hypertas: "hcall-debug",
  }),
  hypercall("H_LOGICAL_CI_STORE", 0x40, "size address value", {
    handle: logicalStore,
    hypertas: "hcall-debug",
  }),
  hypercall("H_LOGICAL_CACHE_LOAD", 0x44, "size address", {
    handle: logicalLoad,
  }),
  hypercall("H_LOGICAL_CACHE_STORE", 0x48, "size address value", {
    handle: logicalStore,
  }),
  hypercall("H_LOGICAL_ICBI", 0x4c, "address", { handle: nothing }),
  hypercall("H_LOGICAL_DCBF", 0x50, "address", { handle: nothing }),
];
