/**
 * Hypercalls that edit the hash table (LoPAPR 14.5.4.1).
 *
 * @module
 */
import { HPTE } from "../../cpu/mmu/mod.ts";
import {
  GROUP_ENTRIES,
  type HashTableEntry,
  pageShift,
} from "../hash_table.ts";
import { H } from "./codes.ts";
import { type VcpuCall, vcpuHypercall } from "./table.ts";

/** Flags in R4 (LoPAPR table "Page Frame Table Access flags"). */
const FLAG = {
  EXACT: 1n << 39n,
  READ_4: 1n << 37n,
  AVPN: 1n << 31n,
  ANDCOND: 1n << 30n,
  ZERO_PAGE: 1n << 15n,
} as const;

/** WIMG of an entry, and the part of it that memory must have: M alone. */
const WIMG = 0x78n;
const MEMORY = 0x10n;
const CACHE_INHIBITED = 0x20n;

/** Bits of the first doubleword that are the operating system's own. */
const SOFTWARE = 0x60n;

/** Makes the vCPUs forget what they have translated by an entry. */
function invalidate(
  { world }: VcpuCall,
  entry: HashTableEntry,
): void {
  const shift = pageShift(entry);
  const real = Number(realAddress(entry, shift));
  world.accelerator.dropTranslationsTo(real, 2 ** shift);
}

/** Removes an entry; gives its second doubleword with the last uses noted. */
function takeOut(
  call: VcpuCall,
  index: number,
  entry: HashTableEntry,
): bigint {
  const { hashTable } = call.world;
  hashTable.invalidate(index);
  invalidate(call, entry);
  return hashTable.takeSecond(index);
}

/** The entry's index, where the argument is one. */
function indexOf(call: VcpuCall, n: number): number | undefined {
  const index = call.number(n);
  return index < call.world.hashTable.entries ? index : undefined;
}

/** Real address of the page that an entry maps. */
function realAddress(entry: HashTableEntry, shift: number): bigint {
  return entry.r & HPTE.RPN & ~((1n << BigInt(shift)) - 1n);
}

function enter(call: VcpuCall): number {
  const flags = call.arg(1);
  const index = indexOf(call, 2);
  const entry = { v: call.arg(3) & ~SOFTWARE, r: call.arg(4) };
  const { hashTable, ram } = call.world;
  const shift = pageShift(entry);
  if (shift === 0 || index === undefined) return H.PARAMETER;
  const real = realAddress(entry, shift);
  const wimg = entry.r & WIMG;
  const isRam = ram.contains(real, 2 ** shift);
  if (!isRam && real < ram.size) return H.PARAMETER;
  // Memory must be coherent and cached; the rest must not be cached.
  if (isRam ? (wimg & ~8n) !== MEMORY : (wimg & 0x70n) !== CACHE_INHIBITED) {
    return H.PARAMETER;
  }
  let slot = index;
  if (flags & FLAG.EXACT) {
    if (hashTable.isValid(slot)) return H.PTEG_FULL;
  } else {
    const group = index - index % GROUP_ENTRIES;
    const end = group + GROUP_ENTRIES;
    for (slot = group; slot < end && hashTable.isValid(slot);) slot++;
    if (slot === end) return H.PTEG_FULL;
  }
  if (flags & FLAG.ZERO_PAGE && isRam) {
    ram.fill(Number(real), 2 ** shift);
  }
  hashTable.write(slot, entry);
  call.result(1, slot);
  return H.SUCCESS;
}

/** Whether an entry is valid and is the one that flags and AVPN ask for. */
function matches({ v }: HashTableEntry, flags: bigint, avpn: bigint): boolean {
  return (v & HPTE.valid) !== 0n &&
    !((flags & FLAG.AVPN) && (v & ~0x7fn) !== avpn) &&
    !((flags & FLAG.ANDCOND) && (v & avpn) !== 0n);
}

function remove(call: VcpuCall): number {
  const index = indexOf(call, 2);
  if (index === undefined) return H.PARAMETER;
  const { hashTable } = call.world;
  const entry = hashTable.read(index);
  if (!matches(entry, call.arg(1), call.arg(3))) return H.NOT_FOUND;
  call.result(1, entry.v);
  call.result(2, takeOut(call, index, entry));
  return H.SUCCESS;
}

function read(call: VcpuCall): number {
  const index = indexOf(call, 2);
  if (index === undefined) return H.PARAMETER;
  const four = (call.arg(1) & FLAG.READ_4) !== 0n;
  const first = four ? index - index % 4 : index;
  for (let i = 0; i < (four ? 4 : 1); i++) {
    const { v, r } = call.world.hashTable.read(first + i);
    call.result(1 + 2 * i, v);
    call.result(2 + 2 * i, r);
  }
  return H.SUCCESS;
}

function protect(call: VcpuCall): number {
  const flags = call.arg(1);
  const index = indexOf(call, 2);
  if (index === undefined) return H.PARAMETER;
  const { hashTable } = call.world;
  const { v, r } = hashTable.read(index);
  if (!matches({ v, r }, flags, call.arg(3))) return H.NOT_FOUND;
  const replaced = HPTE.pp0 | HPTE.pp | HPTE.noExecute | HPTE.keyHigh |
    HPTE.keyLow;
  const protection = ((flags << 55n) & HPTE.pp0) |
    ((flags << 48n) & HPTE.keyHigh) |
    (flags & (HPTE.pp | HPTE.noExecute | HPTE.keyLow));
  hashTable.updateSecond(index, (r) => (r & ~replaced) | protection);
  invalidate(call, { v, r });
  return H.SUCCESS;
}

/** Fields of a translation specifier (LoPAPR 14.5.4.1.7). */
const BULK = {
  TYPE: 3n << 62n,
  REQUEST: 1n << 62n,
  RESPONSE: 2n << 62n,
  END: 3n << 62n,
  NOT_FOUND: 1n << 60n,
  PARM: 2n << 60n,
  FLAGS: 3n << 56n,
  AVPN: 2n << 56n,
  ANDCOND: 1n << 56n,
  INDEX: (1n << 56n) - 1n,
} as const;

function bulkRemove(call: VcpuCall): number {
  const { hashTable } = call.world;
  let code: number = H.SUCCESS;
  for (let i = 1; i <= 7 && code === H.SUCCESS; i += 2) {
    const specifier = call.arg(i);
    const type = specifier & BULK.TYPE;
    if (type === BULK.END) break;
    if (type !== BULK.REQUEST) {
      code = H.PARAMETER;
      break;
    }
    let answer = (specifier & (BULK.FLAGS | BULK.INDEX)) | BULK.RESPONSE;
    const index = specifier & BULK.INDEX;
    const flags = specifier & BULK.FLAGS;
    if (
      flags === (BULK.AVPN | BULK.ANDCOND) ||
      index >= BigInt(hashTable.entries)
    ) {
      answer |= BULK.PARM;
      code = H.PARAMETER;
    } else {
      const entry = hashTable.read(Number(index));
      const wanted = (flags & BULK.AVPN ? FLAG.AVPN : 0n) |
        (flags & BULK.ANDCOND ? FLAG.ANDCOND : 0n);
      if (matches(entry, wanted, call.arg(i + 1))) {
        const r = takeOut(call, Number(index), entry);
        answer |= (r & (HPTE.reference | HPTE.change)) << 43n;
      } else answer |= BULK.NOT_FOUND;
    }
    call.result(i, answer);
  }
  return code;
}

/** Only one vCPU edits the table at a time; all may search it. */
function alone(handle: (call: VcpuCall) => number) {
  return (call: VcpuCall) =>
    call.world.hashTable.exclusively(() => handle(call));
}

/** The calls, by number. */
export const hashPageTableCalls = [
  vcpuHypercall("H_REMOVE", 0x4, "flags pte_index avpn", {
    handle: alone(remove),
    hypertas: "hcall-pft",
  }),
  vcpuHypercall("H_ENTER", 0x8, "flags pte_index pteh ptel", {
    handle: alone(enter),
    hypertas: "hcall-pft",
  }),
  vcpuHypercall("H_READ", 0xc, "flags pte_index", {
    handle: read,
    hypertas: "hcall-pft",
  }),
  vcpuHypercall("H_PROTECT", 0x18, "flags pte_index avpn", {
    handle: alone(protect),
    hypertas: "hcall-pft",
  }),
  vcpuHypercall(
    "H_BULK_REMOVE",
    0x124,
    "specifier0 avpn0 specifier1 avpn1 specifier2 avpn2 specifier3 avpn3",
    { handle: alone(bulkRemove), hypertas: "hcall-bulk" },
  ),
];
