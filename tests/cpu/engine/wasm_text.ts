/**
 * Small programs as regions, as `jit-region` prints them, with names in place
 * of what moves when the vCPU's block or the shared memory change.
 *
 * @module
 */
import { InlineAccelerator } from "../../../cpu/inline.ts";
import { buildDecoder } from "../../../cpu/isa/decoder.ts";
import { disassembleWord } from "../../../cpu/isa/disassembler.ts";
import { ISA } from "../../../cpu/isa/mod.ts";
import { STATE, STATE_BYTES } from "../../../cpu/state.ts";
import { guestMemory, op, realMode } from "./programs.ts";

/** A program whose WebAssembly is kept in `wasm/`, by the file's name. */
export interface TextProgram {
  readonly name: string;
  readonly littleEndian: boolean;
  readonly words: readonly number[];
}

/** Registers from r10, whose places no other number is mistaken for. */
export const PROGRAMS: readonly TextProgram[] = [
  { name: "add", words: [op("add", { RT: 10, RA: 11, RB: 12 })] },
  { name: "adde", words: [op("adde", { RT: 10, RA: 11, RB: 12 })] },
  { name: "andi", words: [op("andi.", { RA: 10, RS: 11, UI: 0xff })] },
  {
    name: "rlwinm",
    words: [op("rlwinm", { RA: 10, RS: 11, SH: 4, MB: 8, ME: 23 })],
  },
  {
    name: "compare_and_branch",
    words: [
      op("cmpi", { BF: 0, L: 1, RA: 10, SI: 5 }),
      op("bc", { BO: 12, BI: 0, BD: 8 }),
      op("addi", { RT: 11, RA: 11, SI: 1 }),
    ],
  },
  { name: "load", words: [op("lwz", { RT: 10, RA: 11, SI: 16 })] },
  {
    name: "load_big",
    littleEndian: false,
    words: [op("lwz", { RT: 10, RA: 11, SI: 16 })],
  },
  { name: "store", words: [op("std", { RS: 10, RA: 11, DS: 8 })] },
  {
    name: "add_and_compare_numbers",
    words: [
      op("fadd", { FRT: 10, FRA: 11, FRB: 12, Rc: 0 }),
      op("fcmpu", { BF: 0, FRA: 10, FRB: 13 }),
      op("bc", { BO: 12, BI: 0, BD: -8 }),
    ],
  },
  { name: "handler", words: [op("divde", { RT: 10, RA: 11, RB: 12 })] },
  {
    name: "loop",
    words: [
      op("ldu", { RT: 10, RA: 11, DS: 8 }),
      op("add", { RT: 12, RA: 12, RB: 10 }),
      op("bc", { BO: 16, BI: 0, BD: -8 }),
    ],
  },
].map((program) => ({ littleEndian: true, ...program }));

/** File of a program's text. */
export function textFile(name: string): URL {
  return new URL(`wasm/${name}.txt`, import.meta.url);
}

const CODE = 0x8000;

/** HID0[HILE]. */
const HILE = 1n << 59n;

/** Offset of GPR 10. */
const FIRST_NAMED = STATE.GPR.offset + 80;

const RAM_BYTES = 1 << 18;

/** Guest code, then the region's function. */
export function textOf({ littleEndian, words }: TextProgram): string {
  const { layout, memory, ram } = guestMemory(RAM_BYTES);
  const accelerator: InlineAccelerator = new InlineAccelerator({
    cpu: "power9",
    memory,
    layout,
    engine: "jit",
    jitThreshold: 0,
    timebase: () => 0,
  });
  // Behind it is nothing that a region could have.
  words.forEach((word, i) => ram.setUint32(CODE + 4 * i, word, littleEndian));
  accelerator.setOneReg(0, "LPCR", 0n);
  accelerator.setOneReg(0, "MSR", realMode(littleEndian));
  accelerator.setOneReg(0, "NIA", BigInt(CODE));
  accelerator.setOneReg(0, "CTR", 1n);
  // The interrupt that ends it is taken in the same byte order.
  accelerator.setOneReg(0, "HID0", littleEndian ? HILE : 0n);
  accelerator.run(0, 100);
  const region = accelerator.view.region(0, BigInt(CODE));
  const vcpu = layout.vcpus[0];
  if (!region || !vcpu) throw new Error("Cannot print: there is no region");
  const decoder = buildDecoder(ISA);
  const guest = words.map((word, i) =>
    disassembleWord(word, BigInt(CODE + 4 * i), decoder)
  );
  return [...guest, "", ...regionLines(region.wasm, vcpu), ""].join("\n");
}

/** The function that takes the number of an entry, with names. */
function regionLines(
  wasm: string,
  vcpu: { readonly state: number; readonly pool: number },
): string[] {
  const lines = wasm.split("\n");
  const imports = new Map(
    lines.flatMap((line) => {
      const [, number, name] = /^import (\d+) env\.(\w+)/.exec(line) ?? [];
      return number && name ? [[number, name] as const] : [];
    }),
  );
  const own = lines.filter((line) => line.startsWith("function "));
  const nameOf = (number: string) =>
    imports.get(number) ??
      `function${own.findIndex((l) => l.startsWith(`function ${number} `))}`;
  // Of these, the one that takes a small number is that for handlers.
  const callsOwn = (line: string) =>
    !imports.has(/^ +call (\d+)$/.exec(line)?.[1] ?? "0");
  const first = lines.findIndex((line) =>
    /^function \d+ \(i32 i32 i32 i64\) /.test(line)
  );
  const end = lines.findIndex((line, i) => i > first && !line.startsWith(" "));
  return lines.slice(first + 1, end < 0 ? undefined : end).map((line, i, all) =>
    line
      .replace(
        /(call|return_call) (\d+)$/,
        (_, call, number) => `${call} ${nameOf(number)}`,
      )
      .replace(
        /i32\.const (\d+)$/,
        (whole, text) =>
          constant(Number(text), vcpu) ??
            (callsOwn(all[i + 1] ?? "") ? "handler" : whole),
      )
      .replace(
        / offset=(\d+) align=\d+$/,
        (_, text) => ` ${placeName(Number(text))}`,
      )
      .replace(/ align=\d+$/, "")
  );
}

function constant(
  value: number,
  { state, pool }: { readonly state: number; readonly pool: number },
): string | undefined {
  if (value === state) return "vcpu";
  return value >= pool ? `page+${value - pool}` : undefined;
}

/** What lies at an offset of the vCPU's block; small ones are of other things. */
function placeName(offset: number): string {
  if (offset < FIRST_NAMED || offset >= STATE_BYTES) return `${offset}`;
  for (const [name, { offset: start, bytes, count }] of Object.entries(STATE)) {
    if (offset < start || offset >= start + bytes * count) continue;
    const index = Math.floor((offset - start) / bytes);
    const rest = (offset - start) % bytes;
    const of = count > 1 ? `${name}[${index}]` : name;
    return rest > 0 ? `${of}+${rest}` : of;
  }
  return `${offset}`;
}
