/**
 * What the JIT does, and what it has made of guest code.
 *
 * @module
 */
import type { EngineView } from "../../cpu/accelerator.ts";
import { STATUS } from "../../cpu/engine/emitter/frame.ts";
import type { StateName } from "../../cpu/state.ts";
import type { Machine } from "../../machine/machine.ts";
import { MonitorError } from "../errors.ts";
import type { MethodHandlers } from "../handlers.ts";
import { formatHex, parseHex } from "../hex.ts";
import type { CheckedParams, MethodResult } from "../methods/mod.ts";
import { checkVcpu, invalidParam } from "./_check.ts";
import { instructionNamer } from "./instructions.ts";

/** The methods of `methods/jit.ts`. */
export type JitHandlers = Pick<MethodHandlers, "query-jit" | "jit-region">;

/** A moment, and what had been done until then. */
interface Mark {
  readonly at: number;
  readonly instructions: number;
  readonly guest: number;
  readonly machine: number;
}

function markOf(machine: Machine): Mark {
  const { guest = 0, machine: served = 0 } = machine.hostTimes ?? {};
  return {
    at: performance.now(),
    instructions: machine.instructions(),
    guest,
    machine: served,
  };
}

/** Handlers of questions about the JIT. */
export function jitHandlers(machine: Machine): JitHandlers {
  let last = markOf(machine);
  return {
    "query-jit"() {
      const now = markOf(machine);
      const result = queryJit(machine, last, now);
      last = now;
      return result;
    },
    "jit-region": (params) => jitRegion(machine, params),
  };
}

function viewOf({ engineView }: Machine): EngineView {
  if (engineView) return engineView;
  throw MonitorError.of("unsupported", {
    message: "Cannot look at regions: each vCPU's thread has its own",
  });
}

function queryJit(
  machine: Machine,
  last: Mark,
  now: Mark,
): MethodResult<"query-jit"> {
  const view = viewOf(machine);
  const { engine = "interpreter" } = machine.options;
  const { vcpus } = machine.platform;
  const sum = (name: StateName, index = 0) => {
    let sum = 0;
    for (let vcpu = 0; vcpu < vcpus; vcpu++) {
      sum += view.counter(vcpu, name, index);
    }
    return sum;
  };
  const ends = {
    next: sum("REGION_ENDS", STATUS.region),
    interrupt: sum("REGION_ENDS", STATUS.regionRaised),
    exit: sum("REGION_ENDS", STATUS.regionExit),
    mode: sum("REGION_ENDS", STATUS.regionSynchronize),
  };
  const regions = sum("REGION_INSTRUCTIONS");
  const { statistics } = view;
  return {
    engine,
    regions: {
      compiled: statistics?.regions ?? 0,
      instructions: statistics?.instructions ?? 0,
      wasmBytes: statistics?.wasmBytes ?? 0,
      emitMilliseconds: statistics?.emitTime ?? 0,
      compileMilliseconds: statistics?.compileTime ?? 0,
    },
    calls: ends.next + ends.interrupt + ends.exit + ends.mode,
    ends,
    instructions: {
      regions,
      // A reset takes the count of all instructions back, not that of regions.
      interpreter: Math.max(0, machine.instructions() - regions),
    },
    dropped: sum("CODE_DROPS"),
    decodedPages: sum("POOL_SERIAL"),
    translations: sum("TLB_ENTERED"),
    ...since(last, now),
  };
}

function since(
  last: Mark,
  now: Mark,
): Pick<MethodResult<"query-jit">, "mips" | "time"> {
  const elapsed = Math.max(now.at - last.at, 0.001);
  const share = (milliseconds: number) =>
    Math.min(1, Math.max(0, milliseconds / elapsed));
  const [guest, machine] = [
    share(now.guest - last.guest),
    share(now.machine - last.machine),
  ];
  const done = Math.max(0, now.instructions - last.instructions);
  return {
    mips: done / elapsed / 1000,
    time: { guest, machine, idle: Math.max(0, 1 - guest - machine) },
  };
}

function jitRegion(
  machine: Machine,
  { vcpu, address: text }: CheckedParams<"jit-region">,
): MethodResult<"jit-region"> {
  checkVcpu(machine, vcpu);
  const address = parseHex(text);
  if (address % 4n !== 0n) throw invalidParam("address", "Not a multiple of 4");
  const region = viewOf(machine).region(vcpu, address);
  if (!region) {
    throw MonitorError.of("notFound", {
      message:
        `Cannot find region: no code that has run lately and can be compiled: ${text}`,
    });
  }
  const { textOf } = instructionNamer(machine.platform.cpu);
  return {
    installed: region.installed,
    entries: region.entries.map((entry) => formatHex(entry)),
    instructions: region.instructions.map(({ address, word }) => ({
      address: formatHex(address),
      word: formatHex(word),
      text: textOf(word, address),
    })),
    wasmBytes: region.wasmBytes,
    wasm: region.wasm,
  };
}
