/**
 * What the JIT does, and what it has made of guest code.
 *
 * @module
 */
import type { EngineView } from "../../cpu/accelerator.ts";
import { STATUS } from "../../cpu/engine/emitter/frame.ts";
import type { StateName } from "../../cpu/state.ts";
import type { Machine } from "../../machine/machine.ts";
import type { HostTimes } from "../../machine/scheduling.ts";
import { MonitorError } from "../errors.ts";
import type { MethodHandlers } from "../handlers.ts";
import { formatHex, parseHex } from "../hex.ts";
import type { CheckedParams, MethodResult } from "../methods/mod.ts";
import { AccessCounts } from "./access_counts.ts";
import { checkVcpu, invalidParam } from "./_check.ts";
import { instructionNamer } from "./instructions.ts";

/** The methods of `methods/jit.ts`. */
export type JitHandlers = Pick<
  MethodHandlers,
  "query-jit" | "count-accesses" | "jit-region"
>;

/** A moment, and what had been done until then. */
interface Mark extends HostTimes {
  readonly at: number;
  readonly instructions: number;
  readonly regions: number;
  readonly helpers: number;
}

function markOf(machine: Machine): Mark {
  // The times first: vCPUs that run tell then how far they are.
  const times = machine.hostTimes;
  const { statistics } = machine.engineView ?? {};
  return {
    ...times,
    at: performance.now(),
    instructions: machine.instructions(),
    regions: statistics?.regionTime ?? 0,
    helpers: statistics?.helperTime ?? 0,
  };
}

/** Handlers of questions about the JIT. */
export function jitHandlers(machine: Machine): JitHandlers {
  let last = markOf(machine);
  const counts = new AccessCounts(machine);
  return {
    "query-jit"() {
      const now = markOf(machine);
      const result = {
        ...queryJit(machine),
        ...counts.result,
        ...since(last, now),
      };
      last = now;
      return result;
    },
    "count-accesses"({ on }) {
      counts.on = on;
      return {};
    },
    "jit-region": (params) => jitRegion(machine, params),
  };
}

function viewOf({ engineView }: Machine): EngineView {
  if (engineView) return engineView;
  throw MonitorError.of("unsupported", {
    message: "Cannot look at regions: this accelerator shows none",
  });
}

function queryJit(
  machine: Machine,
): Omit<MethodResult<"query-jit">, "dataTlb" | "codeTlb" | "mips" | "time"> {
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
      unproductive: statistics?.unproductive ?? 0,
    },
    calls: ends.next + ends.interrupt + ends.exit + ends.mode,
    helperCalls: sum("HELPER_CALLS"),
    ends,
    instructions: {
      regions,
      // A reset takes the count of all instructions back, not that of regions.
      interpreter: Math.max(0, machine.instructions() - regions),
    },
    dropped: sum("CODE_DROPS"),
    decodedPages: sum("POOL_SERIAL"),
    translations: sum("TLB_ENTERED"),
  };
}

function since(
  last: Mark,
  now: Mark,
): Pick<MethodResult<"query-jit">, "mips" | "time"> {
  const elapsed = Math.max(now.at - last.at, 0.001);
  const share = (milliseconds: number) =>
    Math.min(1, Math.max(0, milliseconds / (elapsed * now.atOnce)));
  const [guest, machine] = [
    share(now.guest - last.guest),
    share(now.machine - last.machine),
  ];
  // Estimates, which may be more than what there is.
  const regions = Math.min(guest, share(now.regions - last.regions));
  const helpers = Math.min(regions, share(now.helpers - last.helpers));
  const hypercalls = Math.min(
    machine,
    share(now.hypercalls - last.hypercalls),
  );
  const done = Math.max(0, now.instructions - last.instructions);
  return {
    mips: done / elapsed / 1000,
    time: {
      regions: regions - helpers,
      helpers,
      interpreter: guest - regions,
      hypercalls,
      machine: machine - hypercalls,
      idle: Math.max(0, 1 - guest - machine),
    },
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
