/**
 * An engine of ours as a processor that carries out batches: problem state,
 * translation by a radix tree, and a supervisor of which there is nothing but
 * interrupt vectors that leave the engine.
 *
 * @module
 */
import { LPCR, MSR, STATE, type StateName } from "../../cpu/state.ts";
import { ENGINES, FREE_ENGINES, type TestEngine } from "../cpu/engines.ts";
import {
  ENTRY,
  HASH_TABLE_BYTES,
  HashedMemory,
  SEGMENT,
} from "../cpu/mmu/hash_table.ts";
import { PTE, RadixTrees } from "../cpu/mmu/radix_tree.ts";
import { op } from "./assembler.ts";
import { type Batch, normalize, recordOf } from "./batch.ts";
import { isOccupied } from "./harness.ts";
import {
  ASTRAY,
  BATCH,
  PLACE,
  programAddress,
  readablePage,
  RECORD,
  SIGNAL,
  SLOT_BYTES,
  STORAGE_BYTES,
} from "./record.ts";

/** Which engine carries programs out. */
export type EngineName = "interpreter" | "reference" | "jit";

/** Programs are too short to become hot. */
const ENGINE_UNDER_TEST: Readonly<Record<EngineName, string>> = {
  interpreter: "running interpreter",
  reference: "reference",
  jit: "jit ahead",
};

const RAM_BYTES = 4 << 20;
/** Real addresses. */
const REAL = { slots: 0x20_0000, harness: 0x22_0000, data: 0x22_1000 } as const;
const PAGE = 4096;
/** Leaves the engine from any state of a partition. */
const HYPERCALL = op("sc", { LEV: 1 });
/** A program that has not ended after so many instructions will not end. */
const MOST_INSTRUCTIONS = 1 << 16;

const STATE_OF_PROGRAM = MSR.SF | MSR.EE | MSR.PR | MSR.FP | MSR.VEC |
  MSR.VSX | MSR.ME | MSR.FE0 | MSR.FE1 | MSR.IR | MSR.DR | MSR.RI;

/** FSCR[TAR]. */
const FACILITIES = 1n << 8n;

const XER_FLAGS = [
  ["SO", 31],
  ["OV", 30],
  ["CA", 29],
  ["OV32", 19],
  ["CA32", 18],
] as const;

/** SRR1 of a program interrupt (Book III 6.5.9). */
const PROGRAM = { floatingPoint: 0x10_0000, trap: 0x2_0000 } as const;
/** DSISR and SRR1 of a storage interrupt: protection. */
const PROTECTION = 0x0800_0000;

/** Maps a page of problem state. */
type MapPage = (ea: number, real: number, access: Access) => void;
type Access = "read" | "write" | "fetch";

function mapRadix(engine: TestEngine): MapPage {
  const trees = new RadixTrees(engine);
  engine.set("LPCR", LPCR.HR | LPCR.UPRT | LPCR.LPES);
  const may = { fetch: 0n, read: PTE.read, write: PTE.read | PTE.readWrite };
  return (ea, real, access) => {
    trees.map({
      ea: BigInt(ea),
      real: BigInt(real),
      shift: 12,
      flags: PTE.reference | PTE.change | PTE.execute | may[access],
    });
  };
}

/** Page protection bits where the segment's key is 1. */
const PP = { write: 2n, read: 3n } as const;
/** Virtual page class 1, of which AMR allows no loads and no stores. */
const UNREADABLE = { key: 0x200n, AMR: 3n << 60n } as const;

function mapHashed(engine: TestEngine): MapPage {
  const memory = new HashedMemory(engine);
  engine.set("AMR", UNREADABLE.AMR);
  const may = { ...PP, fetch: PP.read | UNREADABLE.key };
  for (const place of [PLACE.harness, PLACE.slots, PLACE.readable]) {
    // Far apart, so that no two pages have the same hash.
    const vsid = BigInt(256 * ((place >>> 28) + 1));
    memory.addSegment({ ea: BigInt(place), vsid, flags: SEGMENT.Kp });
  }
  return (ea, real, access) => {
    memory.addPage({
      ea: BigInt(ea),
      real: BigInt(real),
      flags: may[access] | ENTRY.reference | ENTRY.change,
    });
  };
}

/** One of our engines. */
export class Ours {
  readonly littleEndian: boolean;
  readonly #engine: TestEngine;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #state: number;
  readonly #flags: readonly (typeof XER_FLAGS)[number][];
  #instructions = 0;

  constructor(
    { engine: name, littleEndian, cpu }: {
      readonly engine: EngineName;
      readonly littleEndian: boolean;
      readonly cpu: "power8" | "power9";
    },
  ) {
    this.littleEndian = littleEndian;
    // POWER8's XER does not show what our engines keep there.
    this.#flags = cpu === "power8" ? XER_FLAGS.slice(0, 3) : XER_FLAGS;
    const wanted = ENGINE_UNDER_TEST[name];
    const tested = [...FREE_ENGINES, ...ENGINES].find((one) =>
      one.name === wanted
    );
    if (!tested) throw new RangeError(`Cannot find engine: ${name}`);
    const engine = tested.create({
      ramBytes: RAM_BYTES,
      cpu,
      ...cpu === "power8" && { hashTableBytes: HASH_TABLE_BYTES },
    });
    this.#engine = engine;
    const { memory, stateOffset } = engine.place;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#view = new DataView(memory.buffer);
    this.#state = stateOffset;
    this.#prepare(cpu === "power8" ? mapHashed(engine) : mapRadix(engine));
  }

  /** Instructions that programs have completed so far. */
  get instructions(): number {
    return this.#instructions;
  }

  /** Of them, those that were carried out in compiled regions. */
  get inRegions(): number {
    return Number(this.#engine.get("REGION_INSTRUCTIONS"));
  }

  #prepare(map: MapPage): void {
    const engine = this.#engine;
    for (let at = 0; at < BATCH.programs * SLOT_BYTES; at += PAGE) {
      map(PLACE.slots + at, REAL.slots + at, "write");
    }
    map(PLACE.harness, REAL.harness, "fetch");
    map(PLACE.readable, REAL.data, "read");
    for (let at = 0; at < STORAGE_BYTES; at += PAGE) {
      map(PLACE.writable + at, REAL.data + PAGE + at, "write");
    }
    engine.ram.set(readablePage(), REAL.data);
    const ram = new DataView(engine.ram.buffer, engine.ram.byteOffset);
    for (let at = 0x100; at < 0x2000; at += 0x20) ram.setUint32(at, HYPERCALL);
    engine.set("PAPR", 1n);
    engine.set("FSCR", FACILITIES);
    engine.set("HFSCR", ~0n);
    engine.set("DEC_EXPIRY", 1n << 62n);
    engine.set("HDEC_EXPIRY", 1n << 62n);
  }

  /** Carries a batch out; gives storages and records as they were left. */
  run(batch: Batch): Uint8Array {
    const { littleEndian } = this;
    const { ram } = this.#engine;
    const code = new DataView(ram.buffer, ram.byteOffset + REAL.slots);
    batch.words.forEach((word, i) => code.setUint32(4 * i, word, littleEndian));
    new DataView(ram.buffer, ram.byteOffset + REAL.harness)
      .setUint32(0, HYPERCALL, littleEndian);
    this.#engine.refresh();
    const left = batch.data.slice();
    const storage = ram.subarray(
      REAL.data + PAGE,
      REAL.data + PAGE + STORAGE_BYTES,
    );
    const msr = littleEndian ? STATE_OF_PROGRAM | MSR.LE : STATE_OF_PROGRAM;
    for (let index = 0; index < BATCH.programs; index++) {
      const runs = batch.runs(index);
      if (runs === 0) continue;
      storage.set(batch.storage(index));
      for (let n = 0; n < runs; n++) {
        const record = recordOf(left, index, n);
        this.#load(record, { msr, nia: programAddress(index) });
        const start = this.#count();
        const reason = this.#engine.run(MOST_INSTRUCTIONS);
        this.#instructions += this.#count() - start;
        this.#save(record, reason);
      }
      left.set(storage, index * STORAGE_BYTES);
    }
    normalize(batch, left);
    return left;
  }

  #at(name: StateName, index = 0): number {
    const { offset, bytes } = STATE[name];
    return this.#state + offset + index * bytes;
  }

  #count(): number {
    return this.#view.getUint32(this.#at("INSTRUCTIONS"), true);
  }

  #load(
    record: Uint8Array,
    { msr, nia }: { msr: bigint; nia: number },
  ): void {
    const bytes = this.#bytes;
    const view = this.#view;
    const from = new DataView(record.buffer, record.byteOffset);
    const word = (at: number) => from.getUint32(at, true);
    bytes.set(record.subarray(RECORD.GPR, RECORD.CR), this.#at("GPR"));
    bytes.set(record.subarray(RECORD.LR, RECORD.LR + 8), this.#at("LR"));
    bytes.set(record.subarray(RECORD.CTR, RECORD.CTR + 8), this.#at("CTR"));
    bytes.set(
      record.subarray(RECORD.FPSCR, RECORD.FPSCR + 8),
      this.#at("FPSCR"),
    );
    bytes.set(record.subarray(RECORD.TAR, RECORD.TAR + 8), this.#at("TAR"));
    view.setUint32(this.#at("VSCR"), word(RECORD.VSCR), true);
    view.setUint32(this.#at("VRSAVE"), word(RECORD.VRSAVE), true);
    const cr = word(RECORD.CR);
    for (let i = 0; i < 8; i++) {
      bytes[this.#at("CR", i)] = cr >>> (28 - 4 * i) & 15;
    }
    const xer = word(RECORD.XER);
    for (const [name, bit] of XER_FLAGS) {
      bytes[this.#at(name)] = xer >>> bit & 1;
    }
    bytes[this.#at("XER_COUNT")] = xer & 0x7f;
    view.setUint32(this.#at("XER_RESERVED"), xer & 0x3ff80, true);
    view.setBigUint64(this.#at("NIA"), BigInt(nia), true);
    view.setBigUint64(this.#at("MSR"), msr, true);
    view.setBigUint64(this.#at("RESERVE_ADDRESS"), ~0n, true);
  }

  #save(record: Uint8Array, reason: string): void {
    const bytes = this.#bytes;
    const view = this.#view;
    const to = new DataView(record.buffer, record.byteOffset);
    const put = (at: number, name: StateName) => {
      const from = this.#at(name);
      record.set(bytes.subarray(from, from + STATE[name].bytes), at);
    };
    const gpr = this.#at("GPR");
    record.set(bytes.subarray(gpr, gpr + 256), RECORD.GPR);
    const vsr = this.#at("VSR");
    record.set(bytes.subarray(vsr, vsr + 1024), RECORD.VSR);
    put(RECORD.LR, "LR");
    put(RECORD.CTR, "CTR");
    put(RECORD.FPSCR, "FPSCR");
    put(RECORD.TAR, "TAR");
    put(RECORD.VSCR, "VSCR");
    put(RECORD.VRSAVE, "VRSAVE");
    let cr = 0;
    for (let i = 0; i < 8; i++) cr = cr << 4 | (bytes[this.#at("CR", i)] ?? 0);
    to.setUint32(RECORD.CR, cr, true);
    let xer = (bytes[this.#at("XER_COUNT")] ?? 0) |
      view.getUint32(this.#at("XER_RESERVED"), true);
    for (const [name, bit] of this.#flags) {
      xer |= (bytes[this.#at(name)] ?? 0) << bit;
    }
    to.setUint32(RECORD.XER, xer, true);
    to.setUint32(RECORD.XER + 4, 0, true);
    this.#saveException(to, reason);
  }

  #saveException(to: DataView, reason: string): void {
    const view = this.#view;
    const word = (name: StateName) => view.getUint32(this.#at(name), true);
    const put = (
      signal: number,
      { code = 0, nip, address = 0n }: {
        code?: number;
        nip: bigint;
        address?: bigint;
      },
    ) => {
      to.setBigUint64(RECORD.SIGNAL, BigInt(signal), true);
      to.setBigUint64(RECORD.CODE, BigInt(code), true);
      to.setBigUint64(RECORD.NIP, nip, true);
      to.setBigUint64(RECORD.ADDRESS, address, true);
    };
    const nia = view.getBigUint64(this.#at("NIA"), true);
    if (reason !== "hypercall") {
      return put(SIGNAL.endless, { nip: nia });
    }
    if ((word("MSR") & Number(MSR.PR)) !== 0) {
      return put(SIGNAL.none, { nip: 0n });
    }
    const nip = view.getBigUint64(this.#at("SRR0"), true);
    const srr1 = word("SRR1");
    const dar = view.getBigUint64(this.#at("DAR"), true);
    const vector = Number(nia & ~0x1fn);
    const data = vector === 0x300 || vector === 0x380 || vector === 0x600;
    if (isOccupied(nip) || data && isOccupied(dar)) return put(ASTRAY, { nip });
    switch (vector) {
      case 0x300:
      case 0x380: {
        const code = word("DSISR") & PROTECTION ? 2 : 1;
        return put(SIGNAL.storage, { nip, code, address: dar });
      }
      case 0x400:
      case 0x480:
        return put(SIGNAL.storage, {
          nip,
          code: srr1 & PROTECTION ? 2 : 1,
          address: nip,
        });
      case 0x600:
        return put(SIGNAL.alignment, { nip, code: 1, address: dar });
      case 0x700: {
        if (srr1 & PROGRAM.floatingPoint) {
          return put(SIGNAL.floatingPoint, { nip });
        }
        if (srr1 & PROGRAM.trap) return put(SIGNAL.trap, { nip });
        return put(SIGNAL.illegal, { nip });
      }
      default:
        // Facilities that are not available, which Linux calls illegal.
        return put(SIGNAL.illegal, { nip });
    }
  }
}
