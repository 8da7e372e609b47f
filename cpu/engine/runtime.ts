/**
 * Functions that every module of the wasm engines has: the slow paths of
 * memory accesses, instruction fetch, invalidation, context synchronisation.
 *
 * @module
 */
import { exitNumber } from "../exits.ts";
import {
  deliver,
  type InterruptName,
  interruptNumber,
  pendingInterrupt,
} from "../interrupts.ts";
import type { Value } from "../isa/ops.ts";
import type { Subroutine } from "../isa/subroutine.ts";
import { translate } from "../mmu/mod.ts";
import { STATE } from "../state.ts";
import type { Code } from "../wasm/code.ts";
import type { ModuleBuilder } from "../wasm/module.ts";
import type { TypeName } from "../wasm/opcodes.ts";
import type { Frame, Mode, Runtime } from "./emitter/frame.ts";
import { DATA_ENTRY } from "./emitter/memory.ts";
import { Emitter } from "./emitter/mod.ts";
import {
  CODE_TLB,
  CONTEXTS,
  DATA_TLB,
  DECODED_PAGE_BYTES,
  DECODED_PAGE_OWNER,
  DECODED_PAGES,
  type MemoryLayout,
  type VcpuLayout,
} from "./layout.ts";

/** EXCEPTION while an access waits for the machine: not an interrupt. */
export const MMIO_EXCEPTION = 255;

/** Functions that the modules import from `env`. */
export interface Imports {
  /** Handler number of an instruction word at a place (0-1023) in its page. */
  decode(word: number, place: number): number;
  /** Timebase of a vCPU's machine, below 2^53. */
  timebase(vcpu: number): number;
  /** 32 random bits. */
  random(): number;
  /** Notes an instruction that no row describes. */
  unknown(word: number): void;
}

const DATA_BYTES = DATA_TLB.entries * DATA_TLB.entryBytes;
const CODE_BYTES = CODE_TLB.entries * CODE_TLB.entryBytes;

/** Builds the common functions into a module as they are asked for. */
export class ModuleRuntime implements Runtime {
  readonly layout: MemoryLayout;
  readonly vcpu: VcpuLayout;
  readonly mode: Mode;
  readonly #module: ModuleBuilder;
  readonly #functions = new Map<string, number>();
  readonly #imports: Record<keyof Imports, number>;

  /** `vcpu` gives the distances within a block; all vCPUs' are the same. */
  constructor(module: ModuleBuilder, layout: MemoryLayout, mode: Mode) {
    this.#module = module;
    this.layout = layout;
    this.mode = mode;
    const [first] = layout.vcpus;
    if (!first) throw new RangeError("Cannot build engine: no vCPU");
    this.vcpu = first;
    const number = ["i32"] as const;
    this.#imports = {
      decode: module.importFunction("decode", {
        parameters: ["i32", "i32"],
        results: number,
      }),
      timebase: module.importFunction("timebase", {
        parameters: number,
        results: ["f64"],
      }),
      random: module.importFunction("random", {
        parameters: [],
        results: number,
      }),
      unknown: module.importFunction("unknown", {
        parameters: number,
        results: [],
      }),
    };
  }

  get timebase(): number {
    return this.#imports.timebase;
  }

  /** Import that finds the handler of an instruction word. */
  get decode(): number {
    return this.#imports.decode;
  }

  /** Import that notes an unknown instruction. */
  get unknown(): number {
    return this.#imports.unknown;
  }

  interrupt(name: string): number {
    return interruptNumber(name as InterruptName);
  }

  /** A function made once; its body is written when it is first asked for. */
  #once(
    name: string,
    parameters: readonly TypeName[],
    results: readonly TypeName[],
    write: (m: Emitter, code: Code) => void,
  ): number {
    const known = this.#functions.get(name);
    if (known !== undefined) return known;
    const { index, code } = this.#module.function({
      parameters: ["i32", ...parameters],
      results,
    });
    this.#functions.set(name, index);
    write(new Emitter(subroutineFrame(code, results), this), code);
    return index;
  }

  subroutine(subroutine: Subroutine): number {
    const parameters = new Array<TypeName>(subroutine.parameters).fill("i64");
    return this.#once(
      `subroutine ${subroutine.name}`,
      parameters,
      ["i64"],
      (m) => {
        const args = parameters.map((_, i) => parameter(m, i + 1));
        m.push(subroutine.body(m, ...args));
      },
    );
  }

  /** (state, ea) → value; quadwords go to SCRATCH in memory order. */
  loadSlow(bytes: 1 | 2 | 4 | 8 | 16): number {
    return this.#once(
      `load${bytes}`,
      ["i64"],
      bytes === 16 ? [] : ["i64"],
      (m, c) => {
        const ea = parameter(m, 1);
        if (bytes === 16) {
          for (const half of [0, 8]) {
            const value = m.load(8, m.ea(m.add(ea, m.const(half))));
            const raw = this.mode.littleEndian
              ? value
              : m.reverseBytes(8, value);
            c.get(0);
            m.push(raw);
            c.memory("i64.store", STATE.SCRATCH.offset + half);
          }
          return;
        }
        const result = m.variable(m.const(0));
        m.if(crossesPage(m, ea, bytes), () => {
          const i = m.variable(m.const(0));
          m.while(() => m.ne(m.get(i), m.const(bytes)), () => {
            const byte = m.load(1, m.ea(m.add(ea, m.get(i))));
            m.set(
              result,
              this.mode.littleEndian
                ? m.or(m.get(result), m.shl(byte, m.shl(m.get(i), 3)))
                : m.or(m.shl(m.get(result), 8), byte),
            );
            m.set(i, m.add(m.get(i), m.const(1)));
          });
        }, () => {
          const real = m.call(translate, ea, m.const(0));
          m.if(m.inRam(real, bytes), () => {
            this.#fill(m, ea, { real, tag: DATA_ENTRY.read });
            m.set(result, this.#loadRam(m, bytes, real));
          }, () => {
            const raw = this.#mmio(m, "mmioLoad", { real, bytes });
            m.set(
              result,
              this.mode.littleEndian || bytes === 1
                ? raw
                : m.reverseBytes(bytes, raw),
            );
          });
        });
        m.push(m.get(result));
      },
    );
  }

  #loadRam(m: Emitter, bytes: 1 | 2 | 4 | 8, real: Value): Value {
    // loadReal is big-endian.
    const value = m.loadReal(bytes, real);
    return this.mode.littleEndian && bytes > 1
      ? m.reverseBytes(bytes as 2 | 4 | 8, value)
      : value;
  }

  storeSlow(bytes: 1 | 2 | 4 | 8): number {
    return this.#once(`store${bytes}`, ["i64", "i64"], [], (m, c) => {
      const ea = parameter(m, 1);
      const value = parameter(m, 2);
      m.if(crossesPage(m, ea, bytes), () => {
        // Neither page is written before both are known to take it.
        m.probe(ea, "store");
        const last = m.ea(m.add(ea, m.const(bytes - 1)));
        m.probe(m.and(last, m.const(-4096)), "store");
        const i = m.variable(m.const(0));
        m.while(() => m.ne(m.get(i), m.const(bytes)), () => {
          const place = this.mode.littleEndian
            ? m.get(i)
            : m.sub(m.const(bytes - 1), m.get(i));
          m.store(
            1,
            m.ea(m.add(ea, m.get(i))),
            m.shr(value, m.shl(place, 3)),
          );
          m.set(i, m.add(m.get(i), m.const(1)));
        });
      }, () => {
        const real = m.call(translate, ea, m.const(1));
        const ordered = this.mode.littleEndian && bytes > 1
          ? m.reverseBytes(bytes as 2 | 4 | 8, value)
          : value;
        m.if(m.inRam(real, bytes), () => {
          this.#admitStore(m, ea, real);
          m.storeReal(bytes, real, ordered);
        }, () => {
          const raw = bytes === 1 || this.mode.littleEndian
            ? value
            : m.reverseBytes(bytes, value);
          c.get(0);
          m.push(raw);
          c.memory("i64.store", STATE.EXIT_VALUE.offset + 8);
          this.#mmio(m, "mmioStore", { real, bytes });
        });
      });
    });
  }

  /**
   * An access that the machine serves: the first time round it leaves and is
   * carried out again; then MMIO_DONE says that the answer is there. Values
   * are the bytes in memory order, read as a little-endian number.
   */
  #mmio(
    m: Emitter,
    exit: "mmioLoad" | "mmioStore",
    { real, bytes }: { real: Value; bytes: number },
  ): Value {
    m.if(m.nonZero(m.reg("MMIO_DONE")), () => {
      m.setReg("MMIO_DONE", m.const(0));
    }, () => {
      m.setRegAt("EXIT_VALUE", m.const(0), real);
      m.setRegAt("EXIT_VALUE", m.const(2), m.const(bytes));
      m.setReg("EXIT", m.const(exitNumber(exit)));
      m.setReg("EXCEPTION", m.const(MMIO_EXCEPTION));
    });
    return m.regAt("EXIT_VALUE", m.const(1));
  }

  /** (state, ea, store?) → host address; RAM only, within one page. */
  get resolve(): number {
    return this.#once("resolve", ["i64", "i32"], ["i32"], (m, c) => {
      const ea = parameter(m, 1);
      c.get(2);
      c.op("i64.extend_i32_u");
      const access = m.take();
      const real = m.call(translate, ea, access);
      m.if(
        m.negate(m.inRam(real, 1)),
        // Atomic or block access to storage that is not memory (DSISR 37).
        () =>
          m.raise("dataStorage", {
            dar: ea,
            dsisr: m.or(
              m.const(0x04000000n),
              m.shl(access, 25),
            ),
          }),
      );
      m.if(
        m.nonZero(access),
        () => this.#admitStore(m, ea, real),
        () => this.#fill(m, ea, { real, tag: DATA_ENTRY.read }),
      );
      m.pushLow(real);
      c.i32(this.layout.ram);
      c.op("i32.add");
    });
  }

  /** Lets stores to the page through, or drops what was decoded from it. */
  #admitStore(m: Emitter, ea: Value, real: Value): void {
    const c = m.code;
    const page = c.temporary("i32");
    m.push(m.shr(real, 12));
    c.op("i32.wrap_i64");
    c.set(page);
    this.#pushCodeMap(c, 0, page);
    c.memory("i32.load", 0);
    this.#pushCodeMap(c, 1, page);
    c.memory("i32.load", 0);
    c.op("i32.or");
    c.if(false);
    c.get(0);
    c.get(page);
    c.call(this.dropCode);
    c.end();
    this.#fill(m, ea, { real, tag: DATA_ENTRY.write });
  }

  /** Pushes the address of a RAM page's entry in a map of decoded pages. */
  #pushCodeMap(c: Code, order: 0 | 1, page: number): void {
    c.get(0);
    c.i32(this.vcpu.codeMap[order] - this.vcpu.state);
    c.op("i32.add");
    c.get(page);
    c.i32(2);
    c.op("i32.shl");
    c.op("i32.add");
  }

  /** Enters a translation; the other tag stays if it is for the same page. */
  #fill(
    m: Emitter,
    ea: Value,
    { real, tag }: { real: Value; tag: number },
  ): void {
    const c = m.code;
    const entry = c.temporary("i32");
    const addend = c.temporary("i32");
    c.get(0);
    c.memory("i32.load", STATE.TLB_DATA.offset);
    m.pushLow(m.shr(ea, 12));
    c.i32(DATA_TLB.entries - 1);
    c.op("i32.and");
    c.i32(Math.log2(DATA_TLB.entryBytes));
    c.op("i32.shl");
    c.op("i32.add");
    c.set(entry);
    m.pushLow(m.sub(real, ea));
    c.i32(this.layout.ram);
    c.op("i32.add");
    c.set(addend);
    // Another page, or the same one mapped elsewhere, lived here.
    const other = tag === DATA_ENTRY.read ? DATA_ENTRY.write : DATA_ENTRY.read;
    const mine = m.and(ea, m.const(-4096));
    c.get(entry);
    c.memory("i64.load", other);
    m.push(mine);
    c.op("i64.ne");
    c.get(entry);
    c.memory("i32.load", DATA_ENTRY.addend);
    c.get(addend);
    c.op("i32.ne");
    c.op("i32.or");
    c.if();
    c.get(entry);
    c.i64(-1);
    c.memory("i64.store", other);
    c.end();
    c.get(entry);
    m.push(mine);
    c.memory("i64.store", tag);
    c.get(entry);
    c.get(addend);
    c.memory("i32.store", DATA_ENTRY.addend);
  }

  /** (state): forgets every translation of this thread. */
  get dropAll(): number {
    return this.#once("dropAll", [], [], (_m, c) => {
      for (
        const [at, bytes] of [
          [this.vcpu.dataTlb, CONTEXTS * DATA_BYTES],
          [this.vcpu.codeTlb, CONTEXTS * CODE_BYTES],
        ] as const
      ) {
        c.get(0);
        c.i32(at - this.vcpu.state);
        c.op("i32.add");
        c.i32(-1);
        c.i32(bytes);
        c.fill();
      }
    });
  }

  /** (state, ea): forgets the 64 KiB around ea in every context. */
  get dropPage(): number {
    return this.#once("dropPage", ["i64"], [], (m, c) => {
      const i = c.local("i32");
      const first = c.local("i32");
      m.pushLow(m.shr(m.and(parameter(m, 1), m.const(-65536)), 12));
      c.set(first);
      c.i32(0);
      c.set(i);
      const again = c.loop();
      for (let context = 0; context < CONTEXTS; context++) {
        const entry = (at: number, entries: number, bytes: number) => {
          c.get(first);
          c.get(i);
          c.op("i32.add");
          c.i32(entries - 1);
          c.op("i32.and");
          c.i32(Math.log2(bytes));
          c.op("i32.shl");
          c.get(0);
          c.op("i32.add");
          c.i64(-1);
          return at - this.vcpu.state + context * entries * bytes;
        };
        const { entries, entryBytes } = DATA_TLB;
        for (const tag of [DATA_ENTRY.read, DATA_ENTRY.write]) {
          const at = entry(this.vcpu.dataTlb, entries, entryBytes);
          c.memory("i64.store", at + tag);
        }
        const code = entry(
          this.vcpu.codeTlb,
          CODE_TLB.entries,
          CODE_TLB.entryBytes,
        );
        c.memory("i64.store", code);
      }
      c.get(i);
      c.i32(1);
      c.op("i32.add");
      c.set(i);
      c.get(i);
      c.i32(16);
      c.op("i32.lt_u");
      c.brIf(again);
      c.end();
    });
  }

  get random(): number {
    return this.#once("random", [], ["i64"], (_m, c) => {
      for (const shift of [0, 32]) {
        c.call(this.#imports.random);
        c.op("i64.extend_i32_u");
        c.i64(shift);
        c.op("i64.shl");
      }
      c.op("i64.or");
    });
  }

  /** (state, RAM page): forgets what was decoded from it, in both orders. */
  get dropCode(): number {
    return this.#once("dropCode", ["i32"], [], (_m, c) => {
      const decoded = c.local("i32");
      const entry = c.local("i32");
      c.get(0);
      c.get(0);
      c.memory("i32.load", STATE.CODE_DROPS.offset);
      c.i32(1);
      c.op("i32.add");
      c.memory("i32.store", STATE.CODE_DROPS.offset);
      for (const order of [0, 1] as const) {
        this.#pushCodeMap(c, order, 1);
        c.memory("i32.load", 0);
        c.set(decoded);
        c.get(decoded);
        c.if();
        this.#pushCodeMap(c, order, 1);
        c.i32(0);
        c.memory("i32.store", 0);
        // Cleared at once: the thread may be running in it, and then meets
        // a record that is not decoded and a page that nobody owns.
        c.get(decoded);
        c.i32(0);
        c.i32(DECODED_PAGE_BYTES);
        c.fill();
        c.get(decoded);
        c.get(0);
        c.memory("i32.load", STATE.POOL_FREE.offset);
        c.memory("i32.store", DECODED_PAGE_OWNER + 4);
        c.get(0);
        c.get(decoded);
        c.memory("i32.store", STATE.POOL_FREE.offset);
        this.#forEachEntry(c, this.vcpu.codeTlb, {
          entry,
          bytes: CODE_TLB.entryBytes,
          count: CONTEXTS * CODE_TLB.entries,
        }, () => {
          c.get(entry);
          c.memory("i32.load", 8);
          c.get(decoded);
          c.op("i32.eq");
          c.if(false);
          c.get(entry);
          c.i64(-1);
          c.memory("i64.store", 0);
          c.end();
        });
        c.end();
      }
    });
  }

  /** Runs `body` with each entry's address in the local `entry`. */
  #forEachEntry(
    c: Code,
    at: number,
    { entry, bytes, count }: { entry: number; bytes: number; count: number },
    body: () => void,
  ): void {
    const end = c.temporary("i32");
    c.get(0);
    c.i32(at - this.vcpu.state);
    c.op("i32.add");
    c.set(entry);
    c.get(entry);
    c.i32(bytes * count);
    c.op("i32.add");
    c.set(end);
    const again = c.loop();
    body();
    c.get(entry);
    c.i32(bytes);
    c.op("i32.add");
    c.set(entry);
    c.get(entry);
    c.get(end);
    c.op("i32.ne");
    c.brIf(again);
    c.end();
  }

  /**
   * (state, address) → decoded page of the instruction's page, 0 where its
   * fetch raises an interrupt. The code TLB knows it from then on.
   */
  get fetch(): number {
    return this.#once("fetch", ["i64"], ["i32"], (m, c) => {
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
      const order = this.mode.littleEndian ? 1 : 0;
      this.#pushCodeMap(c, order, page);
      c.memory("i32.load", 0);
      c.set(decoded);
      c.get(decoded);
      c.op("i32.eqz");
      c.if(false);
      c.get(0);
      c.call(this.#newDecodedPage);
      c.set(decoded);
      c.get(decoded);
      c.get(page);
      c.i32(1);
      c.op("i32.add");
      c.memory("i32.store", DECODED_PAGE_OWNER);
      this.#pushCodeMap(c, order, page);
      c.get(decoded);
      c.memory("i32.store", 0);
      c.get(0);
      c.get(page);
      c.call(this.#protect);
      c.end();
      const entry = c.local("i32");
      this.pushCodeEntry(c, () => m.push(nia));
      c.set(entry);
      c.get(entry);
      m.push(m.and(nia, m.const(-4096)));
      c.memory("i64.store", 0);
      c.get(entry);
      c.get(decoded);
      c.memory("i32.store", 8);
      c.get(decoded);
    });
  }

  /** Pushes the code TLB's entry for the address (i64) that is pushed. */
  pushCodeEntry(c: Code, pushAddress: () => void): void {
    pushAddress();
    c.i64(12 - Math.log2(CODE_TLB.entryBytes));
    c.op("i64.shr_u");
    c.op("i32.wrap_i64");
    c.i32((CODE_TLB.entries - 1) * CODE_TLB.entryBytes);
    c.op("i32.and");
    c.get(0);
    c.memory("i32.load", STATE.TLB_CODE.offset);
    c.op("i32.add");
  }

  /** (state) → a cleared decoded page; when all are taken, all are dropped. */
  get #newDecodedPage(): number {
    return this.#once("newDecodedPage", [], ["i32"], (_m, c) => {
      const page = c.local("i32");
      const relative = (at: number) => {
        c.get(0);
        c.i32(at - this.vcpu.state);
        c.op("i32.add");
      };
      c.get(0);
      c.memory("i32.load", STATE.POOL_FREE.offset);
      c.set(page);
      c.get(page);
      c.if();
      c.get(0);
      c.get(page);
      c.memory("i32.load", DECODED_PAGE_OWNER + 4);
      c.memory("i32.store", STATE.POOL_FREE.offset);
      c.get(page);
      c.i32(0);
      c.memory("i32.store", DECODED_PAGE_OWNER + 4);
      c.else();
      c.get(0);
      c.memory("i32.load", STATE.POOL_NEXT.offset);
      c.set(page);
      c.get(page);
      c.op("i32.eqz");
      c.if();
      relative(this.vcpu.pool);
      c.set(page);
      c.end();
      c.get(page);
      relative(this.vcpu.pool + DECODED_PAGES * DECODED_PAGE_BYTES);
      c.op("i32.ge_u");
      c.if(false);
      for (
        const [at, bytes, fill] of [
          [this.vcpu.pool, DECODED_PAGES * DECODED_PAGE_BYTES, 0],
          [this.vcpu.codeMap[0], this.layout.ramBytes / 1024, 0],
          [this.vcpu.codeMap[1], this.layout.ramBytes / 1024, 0],
          [this.vcpu.codeTlb, CONTEXTS * CODE_BYTES, -1],
        ] as const
      ) {
        relative(at);
        c.i32(fill);
        c.i32(bytes);
        c.fill();
      }
      relative(this.vcpu.pool);
      c.set(page);
      c.end();
      c.get(0);
      c.get(page);
      c.i32(DECODED_PAGE_BYTES);
      c.op("i32.add");
      c.memory("i32.store", STATE.POOL_NEXT.offset);
      c.end();
      c.get(page);
    });
  }

  /** (state, RAM page): takes write permission out of the data TLBs. */
  get #protect(): number {
    return this.#once("protect", ["i32"], [], (_m, c) => {
      const entry = c.local("i32");
      const host = c.local("i32");
      c.get(1);
      c.i32(12);
      c.op("i32.shl");
      c.i32(this.layout.ram);
      c.op("i32.add");
      c.set(host);
      this.#forEachEntry(c, this.vcpu.dataTlb, {
        entry,
        bytes: DATA_TLB.entryBytes,
        count: CONTEXTS * DATA_TLB.entries,
      }, () => {
        c.get(entry);
        c.memory("i32.load", DATA_ENTRY.write);
        c.get(entry);
        c.memory("i32.load", DATA_ENTRY.addend);
        c.op("i32.add");
        c.get(host);
        c.op("i32.eq");
        c.if(false);
        c.get(entry);
        c.i64(-1);
        c.memory("i64.store", DATA_ENTRY.write);
        c.end();
      });
    });
  }

  /**
   * (state, record) → 1 where the record is decoded now, 0 where its page is
   * no longer (or the record leads to the next page): fetch again.
   */
  get decodeRecord(): number {
    return this.#once("decodeRecord", ["i32"], ["i32"], (m, c) => {
      const page = c.local("i32");
      const place = c.local("i32");
      const owner = c.local("i32");
      // place = (record - pool) / 8 mod (records a page)
      const pool = c.local("i32");
      c.get(0);
      c.i32(this.vcpu.pool - this.vcpu.state);
      c.op("i32.add");
      c.set(pool);
      c.get(1);
      c.get(pool);
      c.op("i32.sub");
      c.op("i64.extend_i32_u");
      c.i64(DECODED_PAGE_BYTES);
      c.op("i64.rem_u");
      c.op("i32.wrap_i64");
      c.set(place);
      c.get(1);
      c.get(place);
      c.op("i32.sub");
      c.set(page);
      c.get(place);
      c.i32(1024 * 8);
      c.op("i32.ge_u");
      c.if();
      c.i32(0);
      c.return();
      c.end();
      c.get(page);
      c.memory("i32.load", DECODED_PAGE_OWNER);
      c.set(owner);
      c.get(owner);
      c.op("i32.eqz");
      c.if();
      c.i32(0);
      c.return();
      c.end();
      c.get(owner);
      c.i32(1);
      c.op("i32.sub");
      c.i32(12);
      c.op("i32.shl");
      c.get(place);
      c.i32(1);
      c.op("i32.shr_u");
      c.op("i32.add");
      c.op("i64.extend_i32_u");
      const word = this.#loadRam(m, 4, m.take());
      c.get(1);
      m.pushLow(word);
      c.memory("i32.store", 4);
      c.get(1);
      m.pushLow(word);
      c.get(place);
      c.i32(3);
      c.op("i32.shr_u");
      c.call(this.#imports.decode);
      c.memory("i32.store", 0);
      c.i32(1);
    });
  }

  /**
   * (state) → 1 where another module must go on. Picks the contexts of MSR,
   * takes a pending interrupt that it enables, sets NIA then.
   */
  get synchronize(): number {
    return this.#once("synchronize", [], ["i32"], (m) => {
      this.#pickContexts(m);
      m.if(m.nonZero(m.reg("PENDING")), () => {
        const due = m.call(pendingInterrupt);
        m.if(m.nonZero(due), () => {
          m.setReg(
            "NIA",
            m.call(deliver, due, m.reg("NIA"), m.const(0)),
          );
          m.setReg(
            "INTERRUPTS",
            m.add(m.reg("INTERRUPTS"), m.const(1)),
          );
          this.#pickContexts(m);
        });
      });
      // LE must be this module's, SF too, and neither SE nor BE be set.
      const mode = (this.mode.littleEndian ? 1n : 0n) |
        (this.mode.sixtyFour ? 1n << 63n : 0n);
      const relevant = m.const((1n << 63n) | 0x601n);
      m.pushCondition(
        m.ne(m.and(m.reg("MSR"), relevant), m.const(mode)),
      );
    });
  }

  /** (state, number, SRR1 bits): takes an interrupt between instructions. */
  get interruptNow(): number {
    return this.#once("interrupt", ["i64", "i64"], [], (m) => {
      const [number, srr1] = [parameter(m, 1), parameter(m, 2)];
      m.setReg("NIA", m.call(deliver, number, m.reg("NIA"), srr1));
      this.#pickContexts(m);
    });
  }

  #pickContexts(m: Emitter): void {
    const msr = m.reg("MSR");
    const problem = m.and(m.shr(msr, 14), m.const(1));
    const context = (bit: number) =>
      m.mul(
        m.and(m.shr(msr, bit), m.const(1)),
        m.add(problem, m.const(1)),
      );
    const base = (relative: number) => {
      m.code.get(0);
      m.code.i32(relative - this.vcpu.state);
      m.code.op("i32.add");
      m.code.op("i64.extend_i32_u");
      return m.take();
    };
    m.setReg(
      "TLB_DATA",
      m.add(base(this.vcpu.dataTlb), m.mul(context(4), m.const(DATA_BYTES))),
    );
    m.setReg(
      "TLB_CODE",
      m.add(base(this.vcpu.codeTlb), m.mul(context(5), m.const(CODE_BYTES))),
    );
  }
}

function parameter(m: Emitter, index: number): Value {
  m.code.get(index);
  return m.take();
}

function crossesPage(m: Emitter, ea: Value, bytes: number) {
  return m.ltUnsigned(
    m.const(4096 - bytes),
    m.and(ea, m.const(4095)),
  );
}

/** A subroutine: it can raise, and nothing else of what a handler can. */
function subroutineFrame(code: Code, results: readonly TypeName[]): Frame {
  const refuse = (): never => {
    throw new TypeError("Cannot branch or exit: in a subroutine");
  };
  return {
    code,
    state: 0,
    word: undefined,
    pushCia: refuse,
    jump: refuse,
    leave(status) {
      if (status !== "raised") refuse();
      for (const type of results) {
        if (type === "i64") code.i64(0);
        else code.i32(0);
      }
      code.return();
    },
  };
}
