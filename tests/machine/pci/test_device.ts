/**
 * A small PCI device for tests: registers that can be read and written, and an
 * interrupt by each way that there is.
 *
 * @module
 */
import type {
  AccessBytes,
  PciBar,
  PciCapability,
  PciFace,
} from "../../../virtio/pci_face.ts";
import type { InterruptWires } from "../../../virtio/world.ts";

/** An access that reached the device. */
export interface Access {
  readonly bar: number;
  readonly offset: number;
  readonly bytes: AccessBytes;
  readonly value?: number;
}

/** What a test chooses. */
export interface TestDeviceOptions {
  readonly vectors?: number;
  readonly capabilities?: readonly PciCapability[];
  readonly bars?: readonly Pick<PciBar, "index" | "kind" | "bytes">[];
  /** Called during each access. */
  readonly accessed?: () => void;
}

const BARS = [
  { index: 0, kind: "io", bytes: 32 },
  { index: 4, kind: "mem64-prefetchable", bytes: 0x4000 },
] as const;

/** Memory behind its BARs, little-endian, and a record of accesses. */
export class TestDevice implements PciFace {
  readonly ids = {
    vendor: 0x1b36,
    device: 0x0005,
    revision: 3,
    class: 0x00ff00,
    subsystemVendor: 0x1af4,
    subsystem: 0x1100,
  };
  readonly capabilities: readonly PciCapability[];
  readonly bars: readonly PciBar[];
  readonly msixVectors: number;
  readonly msixBar = 1;
  readonly accesses: Access[] = [];
  resets = 0;
  wires!: InterruptWires;
  #memory = new Map<number, DataView>();

  constructor(options: TestDeviceOptions = {}) {
    this.msixVectors = options.vectors ?? 3;
    this.capabilities = options.capabilities ?? [];
    this.bars = (options.bars ?? BARS).map((bar) => this.#bar(bar, options));
  }

  connect(wires: InterruptWires): void {
    this.wires = wires;
  }

  /** What a BAR's memory holds. */
  memory(bar: number): DataView {
    const memory = this.#memory.get(bar);
    if (!memory) throw new Error(`Cannot find BAR: ${bar}`);
    return memory;
  }

  reset(): void {
    this.resets++;
    this.wires.setLine(false);
  }

  save(): unknown {
    return [...this.#memory].map(([bar, view]) => ({
      bar,
      bytes: new Uint8Array(view.buffer).slice(),
    }));
  }

  restore(state: unknown): void {
    for (
      const { bar, bytes } of state as { bar: number; bytes: Uint8Array }[]
    ) {
      new Uint8Array(this.memory(bar).buffer).set(bytes);
    }
  }

  #bar(
    { index, kind, bytes }: Pick<PciBar, "index" | "kind" | "bytes">,
    { accessed }: TestDeviceOptions,
  ): PciBar {
    const memory = new DataView(new ArrayBuffer(bytes));
    this.#memory.set(index, memory);
    return {
      index,
      kind,
      bytes,
      load: (offset, width) => {
        accessed?.();
        this.accesses.push({ bar: index, offset, bytes: width });
        return width === 1
          ? memory.getUint8(offset)
          : width === 2
          ? memory.getUint16(offset, true)
          : memory.getUint32(offset, true);
      },
      store: (offset, width, value) => {
        accessed?.();
        this.accesses.push({ bar: index, offset, bytes: width, value });
        if (width === 1) memory.setUint8(offset, value);
        else if (width === 2) memory.setUint16(offset, value, true);
        else memory.setUint32(offset, value, true);
      },
    };
  }
}
