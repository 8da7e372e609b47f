/**
 * From a region to a WebAssembly module: one function for the region, and a
 * small one for each entry, with a handler's signature, that leads into it.
 *
 * The region counts what is left of the budget in instructions, as the
 * interpreter does, and leaves the end of the budget to it, so that both leave
 * at the same instruction.
 *
 * @module
 */
import { ENTER_ALL_DEFERRED } from "../../isa/softfloat/mod.ts";
import { ModuleBuilder } from "../../wasm/module.ts";
import type { Mode } from "../emitter/frame.ts";
import { HANDLER } from "../handlers.ts";
import type { MemoryLayout } from "../layout.ts";
import { CheckedAccess } from "./checked_access.ts";
import { defineHandlerCall } from "./handler_call.ts";
import { defineLinks } from "./links.ts";
import type { Region, RegionPage } from "./region.ts";
import { RegionFunction } from "./region_function.ts";
import { REGION } from "./region_locals.ts";
import { RegionRuntime } from "./runtime.ts";

/** What a region is compiled for. */
export interface CompileOptions {
  readonly layout: MemoryLayout;
  readonly mode: Mode;
  /** Address of the vCPU's block. */
  readonly state: number;
  /** Whether it is to expect data in pages of 64 KB or more. */
  readonly widePages?: boolean;
  /** By number, relative to the one in which the region begins. */
  readonly pages: ReadonlyMap<number, RegionPage>;
  /** Handler number of an instruction, where it is called. */
  readonly handler: (word: number, place: number) => number;
}

/** Name under which a module exports an entry, by its number. */
export function entryExport(n: number): string {
  return `entry${n}`;
}

/** Emits a region as a module. */
export function emitRegion(
  region: Region,
  options: CompileOptions,
): Uint8Array<ArrayBuffer> {
  const { layout, mode, state } = options;
  const module = new ModuleBuilder({
    initial: layout.pages,
    maximum: layout.pages,
  });
  const runtime = new RegionRuntime(module, layout, mode);
  module.importTable("handlers");
  const links = defineLinks(module, layout, state);
  const { index, code } = module.function(REGION);
  code.fix(0, state);
  let callHandler: number | undefined;
  const checked = new CheckedAccess(module, { runtime, state });
  new RegionFunction(code, {
    region,
    runtime,
    links,
    enterStatus: runtime.subroutine(ENTER_ALL_DEFERRED),
    checked,
    widePages: options.widePages ?? false,
    callHandler: () =>
      callHandler ??= defineHandlerCall(module, runtime, state),
    pages: options.pages,
    handler: options.handler,
  }).emit();
  region.entries.forEach((block, n) => {
    const place = region.blocks[block]?.start ?? 0;
    const { index: entry, code: c } = module.function(HANDLER);
    c.get(0);
    c.i32(n);
    c.get(1);
    c.get(2);
    c.i64(4 * place);
    c.op("i64.sub");
    c.returnCall(index);
    module.export(entryExport(n), entry);
  });
  return module.bytes();
}
