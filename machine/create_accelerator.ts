/**
 * From a machine's options to what runs its vCPUs.
 *
 * @module
 */
import type { Accelerator, CpuModel } from "../cpu/accelerator.ts";
import type { MemoryLayout } from "../cpu/engine/layout.ts";
import { InlineAccelerator } from "../cpu/inline.ts";
import { Pace } from "../cpu/inline/pace.ts";
import { LockstepAccelerator } from "../cpu/lockstep.ts";
import { ThreadedAccelerator } from "../cpu/threads.ts";
import { type Clock, HostClock } from "./clock.ts";
import type { Bell, MachineOptions } from "./machine_options.ts";
import type { Platform } from "./partition.ts";
import type { ServiceCounts } from "./service_counts.ts";
import type { RandomSource } from "./random.ts";
import {
  type ScheduledMachine,
  type Scheduler,
  Threads,
  Turns,
} from "./scheduling.ts";

/** The module of a vCPU's thread. */
const VCPU_WORKER = new URL("./vcpu_worker.ts", import.meta.url);

/** What an accelerator is made for. */
export interface AcceleratorParts {
  readonly cpu: CpuModel;
  readonly engine: MachineOptions["engine"];
  readonly jitInBackground: MachineOptions["jitInBackground"];
  readonly jitThreshold: MachineOptions["jitThreshold"];
  readonly memory: WebAssembly.Memory;
  readonly layout: MemoryLayout;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly bell: Bell;
  readonly platform: Platform;
  readonly counts: ServiceCounts;
}

/** An accelerator, and how a machine lets it run. */
export interface CreatedAccelerator {
  readonly accelerator: Accelerator;
  schedule(machine: ScheduledMachine): Scheduler;
}

/** Makes the accelerator of the kind. */
export function createAccelerator(
  kind: NonNullable<MachineOptions["accelerator"]>,
  parts: AcceleratorParts,
): CreatedAccelerator {
  const { clock, random, engine = "interpreter" } = parts;
  if (kind === "threads") {
    if (!(clock instanceof HostClock)) {
      throw new RangeError(
        "Cannot make machine: threads need the host's clock",
      );
    }
    if (engine === "both") {
      throw new RangeError(
        "Cannot make machine: threads have one engine each",
      );
    }
    const accelerator = new ThreadedAccelerator({
      ...parts,
      engine,
      worker: VCPU_WORKER,
      data: {
        clock: clock.shared,
        platform: parts.platform,
        counts: parts.counts.shared,
      },
    });
    return {
      accelerator,
      schedule: (machine) => new Threads(machine, accelerator),
    };
  }
  const world = {
    ...parts,
    timebase: () => clock.now(),
    random: () => random.next(),
  };
  const accelerator = engine === "both"
    ? new LockstepAccelerator(world)
    : new InlineAccelerator({
      ...world,
      engine,
      // A run's end decides nothing unless time follows instructions.
      overruns: clock.kind === "host",
    });
  return {
    accelerator,
    schedule: (machine) =>
      new Turns(
        machine,
        accelerator,
        clock.kind === "host" ? new Pace() : undefined,
      ),
  };
}
