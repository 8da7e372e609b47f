/**
 * XICS: the interrupt controller of POWER8 partitions, which the guest reaches
 * by hypercalls and RTAS (LoPAPR 6.2, 14.5.4.7).
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
import { describeXics, type XicsDescription } from "./describe.ts";
import { xicsHypercalls } from "./hypercalls.ts";
import { XICS_LAYOUT } from "./layout.ts";
import { Presentation } from "./presentation.ts";
import { xicsRtasCalls } from "./rtas.ts";
import { SourceController } from "./source_controller.ts";
import { restoreXics, saveXics, type XicsState } from "./state.ts";

/** Both layers of XICS on one state. */
export class Xics implements InterruptController {
  readonly kind = "xics";
  readonly hypercalls: readonly Hypercall[];
  readonly rtasCalls: readonly RtasCall[];
  readonly regions: readonly MmioRegion[] = [];
  readonly #lock: SharedLock;
  readonly #sources: SourceController;
  readonly #presentation: Presentation;

  constructor(options: InterruptControllerOptions) {
    const { buffer, offset, vcpus, timebase } = options;
    this.#lock = new SharedLock(buffer, offset + XICS_LAYOUT.lock);
    this.#sources = new SourceController(buffer, { offset, vcpus });
    this.#presentation = new Presentation(this.#sources, {
      buffer,
      offset,
      vcpus,
      setPending: options.setPending,
      timebase,
    });
    this.hypercalls = xicsHypercalls(this.#presentation, {
      lock: this.#lock,
      timestamps: timebase !== undefined,
    });
    this.rtasCalls = xicsRtasCalls(this.#presentation, {
      lock: this.#lock,
      sources: this.#sources,
    });
  }

  setLevel(source: number, on: boolean): void {
    checkLine(source, "level");
    this.#lock.acquire();
    try {
      this.#sources.setLevel(source, on);
      this.#presentation.deliver(source);
    } finally {
      this.#lock.release();
    }
  }

  trigger(source: number): void {
    checkLine(source, "edge");
    this.#lock.acquire();
    try {
      this.#sources.latch(source);
      this.#presentation.deliver(source);
    } finally {
      this.#lock.release();
    }
  }

  reset(): void {
    this.#lock.guard(() => {
      this.#sources.reset();
      this.#presentation.reset();
    })();
  }

  save(): XicsState {
    return this.#lock.guard(saveXics)(this.#sources, this.#presentation);
  }

  restore(state: unknown): void {
    this.#lock.guard(restoreXics)(state, {
      sources: this.#sources,
      presentation: this.#presentation,
    });
  }

  describe(): XicsDescription {
    return this.#lock.guard(describeXics)(this.#sources, this.#presentation);
  }
}
