/**
 * Decoded code made by hand, and regions of it that do nothing: for tests of
 * what finds and keeps regions.
 *
 * @module
 */
import { HANDLER } from "../../../cpu/engine/handlers.ts";
import { handlersOf } from "../../../cpu/engine/handlers_of.ts";
import type { HandlerTable } from "../../../cpu/engine/handler_table.ts";
import type { ReadyRegion } from "../../../cpu/engine/jit/background.ts";
import { entryExport } from "../../../cpu/engine/jit/compile.ts";
import type { SharedExports } from "../../../cpu/engine/jit/runtime.ts";
import {
  CODE_TLB,
  DECODED_PAGE_BYTES,
  DECODED_PAGE_OWNER,
  DECODED_PAGE_SERIAL,
  type MemoryLayout,
  RECORD_BYTES,
  REGION_RESERVE,
  REGION_SLOT_SHIFT,
} from "../../../cpu/engine/layout.ts";
import { STATE, type StateName } from "../../../cpu/state.ts";
import { ModuleBuilder } from "../../../cpu/wasm/module.ts";
import { guestMemory, op } from "./programs.ts";

/** Effective address of the first page. */
export const CODE = 0xc000_0000_0100_0000n;

/** Its number in RAM. */
const FIRST_PAGE = 16;

const NOP = op("ori", { RS: 0, RA: 0, UI: 0 });

/** Pages of code that does nothing, as an interpreter has decoded them. */
export class DecodedCode {
  readonly memory: WebAssembly.Memory;
  readonly layout: MemoryLayout;
  readonly table: HandlerTable = handlersOf("power9");
  /** Functions of the interpreter, which regions are added to. */
  readonly handlers: WebAssembly.Table;
  readonly #view: DataView;
  readonly #ram: DataView;

  constructor(pages = 1) {
    const { layout, memory, ram } = guestMemory(4096 * (FIRST_PAGE + pages));
    this.memory = memory;
    this.layout = layout;
    this.#view = new DataView(memory.buffer);
    this.#ram = ram;
    this.handlers = new WebAssembly.Table({
      element: "anyfunc",
      initial: this.table.count,
    });
    this.#set("TLB_CODE", this.#vcpu.codeTlb);
    for (let page = 0; page < pages; page++) this.#decode(page);
  }

  get #vcpu() {
    const [vcpu] = this.layout.vcpus;
    if (!vcpu) throw new RangeError("Cannot decode: there is no vCPU");
    return vcpu;
  }

  /** What regions take of the interpreter. */
  get shared(): SharedExports {
    return { handlers: this.handlers };
  }

  #set(name: StateName, value: number): void {
    this.#view.setUint32(this.#vcpu.state + STATE[name].offset, value, true);
  }

  #decode(page: number): void {
    const decoded = this.decodedPage(page);
    const address = CODE + BigInt(4096 * page);
    const entry = this.#entryOf(address);
    this.#view.setBigUint64(entry, address, true);
    this.#view.setUint32(entry + 8, decoded, true);
    this.#view.setUint32(decoded + DECODED_PAGE_OWNER, this.#owner(page), true);
    this.#mapCode(page, { littleEndian: false });
    this.#view.setUint32(decoded + DECODED_PAGE_SERIAL, 1 + page, true);
    for (let place = 0; place < 1024; place++) {
      this.writeWord(1024 * page + place, NOP);
      this.#view.setUint32(this.#recordAt(1024 * page + place), 1, true);
    }
  }

  #owner(page: number): number {
    return FIRST_PAGE + page + 1;
  }

  decodedPage(page: number): number {
    return this.#vcpu.pool + page * DECODED_PAGE_BYTES;
  }

  #recordAt(place: number): number {
    return this.decodedPage(Math.floor(place / 1024)) +
      (place % 1024) * RECORD_BYTES;
  }

  #entryOf(address: bigint): number {
    const index = Number(address >> 12n) & (CODE_TLB.entries - 1);
    return this.#vcpu.codeTlb + index * CODE_TLB.entryBytes;
  }

  /** The order in which the RAM page has been decoded to what is kept. */
  #mapCode(page: number, { littleEndian }: { littleEndian: boolean }): void {
    for (const order of [0, 1] as const) {
      const at = this.#vcpu.codeMap[order] + 4 * (this.#owner(page) - 1);
      const isThis = order === (littleEndian ? 1 : 0);
      this.#view.setUint32(at, isThis ? this.decodedPage(page) : 0, true);
    }
  }

  /** The same RAM page is decoded there in the other byte order. */
  decodeLittleEndian(page: number): void {
    this.decodeAgain(page);
    this.#mapCode(page, { littleEndian: true });
  }

  /** Another page has its place in the code TLB. */
  driveOut(page: number): void {
    const address = CODE + BigInt(4096 * page);
    const other = address + BigInt(4096 * CODE_TLB.entries);
    this.#view.setBigUint64(this.#entryOf(address), other, true);
  }

  /** Has a page decoded anew, with nothing left of what was there. */
  decodeAgain(page: number): void {
    const at = this.decodedPage(page) + DECODED_PAGE_SERIAL;
    this.#view.setUint32(at, this.#view.getUint32(at, true) + 1000, true);
  }

  /** Has no page there any more. */
  giveBack(page: number): void {
    const at = this.decodedPage(page) + DECODED_PAGE_OWNER;
    this.#view.setUint32(at, 0, true);
  }

  /** Writes an instruction, big-endian. */
  writeWord(place: number, word: number): void {
    this.#ram.setUint32(4096 * FIRST_PAGE + 4 * place, word);
  }

  /** The number of the function that a place leads to; 0 if to no region. */
  slot(place: number): number {
    return this.#view.getUint32(this.#recordAt(place), true) >>>
      REGION_SLOT_SHIFT;
  }

  /** The number of the handler that is beneath, or there alone. */
  handler(place: number): number {
    return this.#view.getUint32(this.#recordAt(place), true) & 0xffff;
  }

  /** Takes the region from a place. */
  leaveToInterpreter(place: number): void {
    this.#view.setUint32(this.#recordAt(place), 1, true);
  }

  /** The vCPU's budget has ended in the interpreter. */
  standAt(place: number): void {
    this.#set("REGION_LEFT_AT", 0);
    this.#setAddress("NIA", place);
  }

  /** It has ended in a region, or behind one where more was left. */
  endInRegion(at: number, left: number = REGION_RESERVE): void {
    this.#set("REGION_LEFT_AT", left);
    this.#setAddress("NIA", at);
  }

  /** A region has left for a place while there was budget. */
  leaveFor(place: number): void {
    this.#setAddress("REGION_LEFT_FOR", place);
  }

  #setAddress(name: StateName, place: number): void {
    const at = this.#vcpu.state + STATE[name].offset;
    this.#view.setBigUint64(at, CODE + BigInt(4 * place), true);
  }

  /** A region of one page with such entries, which says how large it is. */
  region(
    entries: readonly number[],
    { wasmBytes = 1000, page = 0 }: { wasmBytes?: number; page?: number } = {},
  ): ReadyRegion {
    return {
      module: moduleOf(this.layout, entries.length),
      wasmBytes,
      pages: [{
        number: 0,
        decoded: this.decodedPage(page),
        serial: this.#view.getUint32(
          this.decodedPage(page) + DECODED_PAGE_SERIAL,
          true,
        ),
        owner: this.#owner(page),
      }],
      entries,
      words: Int32Array.from(entries.flatMap((at) => [at, NOP])).buffer,
      emitTime: 0,
      compileTime: 0,
    };
  }
}

const MODULES = new Map<number, WebAssembly.Module>();

/** A module of so many entries. */
function moduleOf({ pages }: MemoryLayout, entries: number) {
  let module = MODULES.get(entries);
  if (!module) {
    const builder = new ModuleBuilder({ initial: pages, maximum: 65536 });
    for (let n = 0; n < entries; n++) {
      const { index, code } = builder.function(HANDLER);
      code.i32(0);
      code.return();
      builder.export(entryExport(n), index);
    }
    module = new WebAssembly.Module(builder.bytes());
    MODULES.set(entries, module);
  }
  return module;
}
