/**
 * XIVE in exploitation mode: the interrupt controller of POWER9 partitions,
 * which the guest sets up by hypercalls and uses by loads and stores
 * (LoPAPR 14.5.4.7).
 *
 * @module
 */
import type { Hypercall } from "../../hcall/table.ts";
import type { RtasCall } from "../../rtas/table.ts";
import type { InterruptController } from "../controller.ts";
import { SharedLock } from "../lock.ts";
import type { MmioRegion } from "../mmio_region.ts";
import type { InterruptControllerOptions } from "../options.ts";
import { checkLine } from "../sources.ts";
import { EventQueues } from "./event_queues.ts";
import { EventSources } from "./event_sources.ts";
import { xiveHypercalls } from "./hypercalls.ts";
import { XIVE_LAYOUT } from "./layout.ts";
import { esbRegion, notificationRegion } from "./pages.ts";
import { describeXive, type XiveDescription } from "./describe.ts";
import type { XiveParts } from "./parts.ts";
import { restoreXive, saveXive, type XiveState } from "./state.ts";
import { ThreadContexts } from "./thread_contexts.ts";
import { timaRegion } from "./tima.ts";

/** All three engines of XIVE on one state. */
export class Xive implements InterruptController {
  readonly kind = "xive";
  readonly hypercalls: readonly Hypercall[];
  readonly rtasCalls: readonly RtasCall[] = [];
  readonly regions: readonly MmioRegion[];
  readonly #lock: SharedLock;
  readonly #parts: XiveParts;

  constructor(options: InterruptControllerOptions) {
    const { buffer, offset, ram } = options;
    this.#lock = new SharedLock(buffer, offset + XIVE_LAYOUT.lock);
    const threads = new ThreadContexts(buffer, options);
    const queues = new EventQueues(threads, options);
    const sources = new EventSources(queues, options);
    this.#parts = { sources, queues, threads, ram };
    this.hypercalls = xiveHypercalls(this.#parts).map((row) => ({
      ...row,
      handle: this.#lock.guard(row.handle),
    }));
    this.regions = [
      timaRegion(this.#parts),
      esbRegion(sources),
      notificationRegion(queues),
    ].map((region) => ({
      ...region,
      load: this.#lock.guard(region.load),
      store: this.#lock.guard(region.store),
    }));
  }

  setLevel(source: number, on: boolean): void {
    checkLine(source, "level");
    this.#lock.acquire();
    try {
      this.#parts.sources.setLevel(source, on);
    } finally {
      this.#lock.release();
    }
  }

  trigger(source: number): void {
    checkLine(source, "edge");
    this.#lock.acquire();
    try {
      this.#parts.sources.trigger(source);
    } finally {
      this.#lock.release();
    }
  }

  reset(): void {
    this.#lock.guard(() => {
      this.#parts.sources.reset({ keepLines: false });
      this.#parts.queues.reset();
      this.#parts.threads.reset();
    })();
  }

  save(): XiveState {
    return this.#lock.guard(saveXive)(this.#parts);
  }

  restore(state: unknown): void {
    this.#lock.guard(restoreXive)(state, this.#parts);
  }

  describe(): XiveDescription {
    return this.#lock.guard(describeXive)(this.#parts);
  }
}
