/**
 * Address translation and instructions as text.
 *
 * @module
 */
import { FAULT } from "../../cpu/mmu/mod.ts";
import type { ProbedTranslation } from "../../cpu/mmu/probe.ts";
import { LPCR, MSR } from "../../cpu/state.ts";
import type { Machine } from "../../machine/machine.ts";
import type { MethodHandlers } from "../handlers.ts";
import { formatHex, parseHex } from "../hex.ts";
import type { CheckedParams, MethodResult } from "../methods/mod.ts";
import { checkVcpu, invalidParam } from "./_check.ts";
import {
  type Access,
  effectiveAddress,
  locate,
  notAccessible,
  probe,
} from "./addresses.ts";
import { instructionNamer } from "./instructions.ts";

/** The methods of `methods/translation.ts`. */
export type TranslationHandlers = Pick<
  MethodHandlers,
  "translate" | "disassemble"
>;

type Mode = MethodResult<"translate">["mode"];
type Fault = Extract<ProbedTranslation, { interrupt: unknown }>;

const ACCESSES = { read: "load", write: "store", execute: "fetch" } as const;

const REASONS: Readonly<Record<keyof typeof FAULT, string>> = {
  noTranslation: "no page table entry",
  noExecute: "no-execute or guarded storage",
  protection: "page protection",
  key: "virtual page class key",
  radixConfiguration: "unsupported radix tree configuration",
  referenceChange: "reference and change bits cannot be set",
};

/** Handlers of translation and disassembly. */
export function translationHandlers(machine: Machine): TranslationHandlers {
  return {
    translate: (params) => translate(machine, params),
    disassemble: (params) => disassemble(machine, params),
  };
}

function translate(
  machine: Machine,
  { vcpu, address: text, access: kind }: CheckedParams<"translate">,
): MethodResult<"translate"> {
  checkVcpu(machine, vcpu);
  const address = effectiveAddress(machine, { vcpu, address: parseHex(text) });
  const attempt = (access: Access) => probe(machine, { vcpu, address, access });
  const access = ACCESSES[kind];
  const mode = modeOf(machine, { vcpu, access });
  const found = attempt(access);
  if (!("real" in found)) {
    return { mapped: false, mode, ...explain(found, mode) };
  }
  const isRam = found.real < BigInt(machine.ram.size);
  return {
    mapped: true,
    physical: formatHex(found.real),
    mode,
    pageSize: mode === "real" ? 0 : found.pageBytes,
    readable: "real" in attempt("load"),
    writable: "real" in attempt("store"),
    executable: isRam && "real" in attempt("fetch"),
  };
}

function modeOf(
  { accelerator, platform: { cpu } }: Machine,
  { vcpu, access }: { vcpu: number; access: Access },
): Mode {
  const relocation = access === "fetch" ? MSR.IR : MSR.DR;
  const msr = accelerator.getOneReg(vcpu, "MSR");
  if ((msr & relocation) === 0n) return "real";
  const radix = (accelerator.getOneReg(vcpu, "LPCR") & LPCR.HR) !== 0n;
  return radix && cpu === "power9" ? "radix" : "hash";
}

function explain(
  { interrupt, faults }: Fault,
  mode: Mode,
): { interrupt: string; reason: string } {
  // The book's name: dataStorage is "Data Storage".
  const name = interrupt.replace(/[A-Z]/g, " $&")
    .replace(/^./, (letter) => letter.toUpperCase());
  const reason = interrupt.endsWith("Segment")
    ? mode === "radix" ? "outside the quadrants in use" : "no SLB entry"
    : mode === "real"
    ? "beyond the storage of real mode"
    : faults.map((fault) => REASONS[fault]).join(", ");
  return { interrupt: name, reason: reason || "not told" };
}

function disassemble(
  machine: Machine,
  { vcpu, address: text, count, space, byteOrder }: CheckedParams<
    "disassemble"
  >,
): MethodResult<"disassemble"> {
  checkVcpu(machine, vcpu);
  const { accelerator, ram, platform: { cpu } } = machine;
  const address = text === undefined
    ? accelerator.getOneReg(vcpu, "NIA")
    : parseHex(text);
  if (address % 4n !== 0n) throw invalidParam("address", "Not a multiple of 4");
  const msr = accelerator.getOneReg(vcpu, "MSR");
  const order = byteOrder ?? ((msr & MSR.LE) === 0n ? "big" : "little");
  const range = { address, length: 4 * count, space, vcpu };
  const { ranges, failed } = locate(machine, range, "fetch");
  if (ranges.length === 0) throw notAccessible(failed ?? address);
  const { textOf } = instructionNamer(cpu);
  const words = ranges.flatMap(({ start, length }) =>
    readWords(ram.view(start, length), order === "little")
  );
  return {
    byteOrder: order,
    instructions: words.map((word, i) => {
      const at = BigInt.asUintN(64, address + BigInt(4 * i));
      return {
        address: formatHex(at),
        word: formatHex(word),
        text: textOf(word, at),
      };
    }),
  };
}

function readWords(bytes: Uint8Array, littleEndian: boolean): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from(
    { length: bytes.length >> 2 },
    (_, i) => view.getUint32(4 * i, littleEndian),
  );
}
