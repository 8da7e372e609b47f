import * as z from "zod";
import { hex32, hex64 } from "../hex.ts";
import { method } from "../table.ts";
import { count, nothing, vcpuParam } from "./_parts.ts";

const milliseconds = z.number().min(0);
const share = z.number().min(0).max(1);

/** How hot code is compiled, and what it is worth. */
export const queryJit = method({
  name: "query-jit",
  summary: "Compiled regions, what runs in them, where time goes",
  params: nothing,
  result: z.strictObject({
    engine: z.enum(["interpreter", "jit", "both"]).describe("--engine"),
    regions: z.strictObject({
      compiled: count.describe("Regions so far"),
      instructions: count.describe("Guest instructions in them"),
      wasmBytes: count.describe("WebAssembly of all"),
      emitMilliseconds: milliseconds.describe("Writing it"),
      compileMilliseconds: milliseconds.describe("V8's part"),
      unproductive: count.describe(
        "Ways in that were taken back, for little was done behind them",
      ),
    }),
    calls: count.describe("Calls of regions by the interpreter"),
    helperCalls: count.describe(
      "Calls of handlers and slow accesses by regions, modulo 2^32 each vCPU",
    ),
    ends: z.strictObject({
      next: count.describe("Code that has no region, or the slice's end"),
      interrupt: count.describe("An instruction raised an interrupt"),
      exit: count.describe("The machine's help was wanted"),
      mode: count.describe("MSR changed"),
    }).describe("Why regions came back, calls between regions left out"),
    instructions: z.strictObject({
      regions: count,
      interpreter: count,
    }).describe("Guest instructions by what carried them out"),
    dropped: count.describe("Times that decoded code was dropped"),
    decodedPages: count.describe("Pages of code decoded"),
    translations: count.describe("Translations entered: misses of data TLBs"),
    dataTlb: z.strictObject({
      counting: z.boolean().describe("Whether count-accesses is on"),
      accesses: count.describe("Instructions that access storage, counted"),
      misses: count.describe("Translations entered meanwhile"),
      hitRate: share.nullable().describe("null where nothing was counted"),
    }).describe("While count-accesses was on, all vCPUs"),
    codeTlb: z.strictObject({
      counting: z.boolean().describe("Whether count-accesses is on"),
      lookups: count.describe(
        "Branches that leave their page or are computed, counted",
      ),
      misses: count.describe("Pages of code entered meanwhile"),
      hitRate: share.nullable().describe("null where nothing was counted"),
    }).describe("The same of code"),
    mips: z.number().min(0).describe(
      "10^6 instructions a second, since the last such question",
    ),
    time: z.strictObject({
      regions: share.describe(
        "Compiled code. Estimated from the time of every sixteenth call",
      ),
      helpers: share.describe(
        "What it calls: handlers, slow accesses. Estimated from the time of " +
          "every 1024th",
      ),
      interpreter: share.describe("The rest of the engines"),
      hypercalls: share.describe("Hypercalls, those of RTAS included"),
      machine: share.describe(
        "Devices' registers, and what else vCPUs leave for",
      ),
      idle: share,
    }).describe(
      "Shares of the time since the last such question, of all vCPUs' threads",
    ),
  }).describe("Counters are sums over the vCPUs since the machine was made"),
  when: "any",
  example: {
    params: {},
    result: {
      engine: "jit",
      regions: {
        compiled: 560,
        instructions: 63_666,
        wasmBytes: 5_438_005,
        emitMilliseconds: 812.5,
        compileMilliseconds: 1477.1,
        unproductive: 2,
      },
      calls: 190_000,
      helperCalls: 12_000_000,
      ends: { next: 170_000, interrupt: 12_000, exit: 1000, mode: 7000 },
      instructions: { regions: 900_000_000, interpreter: 100_000_000 },
      dropped: 120,
      decodedPages: 2100,
      translations: 88_000,
      dataTlb: {
        counting: false,
        accesses: 1_000_000,
        misses: 1500,
        hitRate: 0.9985,
      },
      codeTlb: {
        counting: false,
        lookups: 40_000,
        misses: 400,
        hitRate: 0.99,
      },
      mips: 512.4,
      time: {
        regions: 0.6,
        helpers: 0.1,
        interpreter: 0.2,
        hypercalls: 0.03,
        machine: 0.01,
        idle: 0.06,
      },
    },
  },
});

/** Whether accesses to storage are counted. */
export const countAccesses = method({
  name: "count-accesses",
  summary: "Start or stop counting accesses, for query-jit",
  params: z.strictObject({
    on: z.boolean().describe(
      "Whether to count, which only the interpreter does, slowly; the counts " +
        "go on from before",
    ),
  }),
  result: nothing,
  when: "any",
  example: { params: { on: true }, result: {} },
});

/** Guest code beside what it becomes. */
export const jitRegion = method({
  name: "jit-region",
  summary: "The region at an address: guest code beside WebAssembly",
  params: z.strictObject({
    address: hex64.describe(
      "Effective address, as the vCPU maps it now; a multiple of 4",
    ),
    vcpu: vcpuParam,
  }),
  result: z.strictObject({
    installed: z.boolean().describe("Whether the vCPU would run it"),
    entries: z.array(hex64).describe("Where it can be entered"),
    instructions: z.array(z.strictObject({
      address: hex64,
      word: hex32,
      text: z.string(),
    })),
    wasmBytes: count,
    wasm: z.string().describe("Its functions, an instruction a line"),
  }),
  when: "any",
  example: {
    params: { address: "0xc000000000053ecc" },
    result: {
      installed: true,
      entries: ["0xc000000000053ecc"],
      instructions: [{
        address: "0xc000000000053ecc",
        word: "0x7bde03e4",
        text: "rldicr  r30,r30,0,47",
      }],
      wasmBytes: 812,
      wasm: "function 14 (i32 i32 i64) -> (i32)\n  local.get 0\n …",
    },
  },
});
