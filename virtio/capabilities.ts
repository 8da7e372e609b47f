/**
 * The capabilities by which a modern driver finds a device's registers
 * (virtio 1.3, 4.1.4).
 *
 * @module
 */
import { type ModernRegisters, NOTIFY_MULTIPLIER } from "./modern_registers.ts";
import type { AccessBytes, PciBar, PciCapability } from "./pci_face.ts";
import { keepBytes, numberBytes } from "./registers.ts";

/** Capability id: vendor-specific. */
const VENDOR_SPECIFIC = 0x09;

/** Types of virtio's capabilities. */
export const CAPABILITY = {
  common: 1,
  notify: 2,
  isr: 3,
  device: 4,
  pciAccess: 5,
} as const;

/** Offsets in a capability. */
const FIELD = {
  length: 2,
  type: 3,
  bar: 4,
  offset: 8,
  partLength: 12,
  extra: 16,
} as const;

/** The capabilities of a modern function, that for PCI access last. */
export function modernCapabilities(
  registers: ModernRegisters,
  bars: readonly PciBar[],
): PciCapability[] {
  const { common, isr, device, notify } = registers.parts;
  const bar = registers.index;
  const capabilities: PciCapability[] = [
    { bytes: describe(CAPABILITY.common, { ...common, bar }) },
    { bytes: describe(CAPABILITY.isr, { ...isr, bar }) },
    {
      bytes: describe(CAPABILITY.notify, {
        ...notify,
        bar,
        extra: NOTIFY_MULTIPLIER,
      }),
    },
  ];
  if (device.bytes > 0) {
    capabilities.push({
      bytes: describe(CAPABILITY.device, { ...device, bar }),
    });
  }
  return [...capabilities, new PciAccess(bars)];
}

function describe(
  type: number,
  { bar, offset, bytes, extra }: {
    bar: number;
    offset: number;
    bytes: number;
    extra?: number;
  },
): Uint8Array {
  const capability = new Uint8Array(extra === undefined ? 16 : 20);
  capability[0] = VENDOR_SPECIFIC;
  capability[FIELD.length] = capability.length;
  capability[FIELD.type] = type;
  capability[FIELD.bar] = bar;
  capability.set(numberBytes(offset, 4), FIELD.offset);
  capability.set(numberBytes(bytes, 4), FIELD.partLength);
  if (extra !== undefined) capability.set(numberBytes(extra, 4), FIELD.extra);
  return capability;
}

/**
 * A window in configuration space through which firmware reaches the BARs
 * before they have an address (virtio 1.3, 4.1.4.9).
 */
class PciAccess implements PciCapability {
  readonly bytes: Uint8Array;
  readonly #bars: readonly PciBar[];

  constructor(bars: readonly PciBar[]) {
    this.#bars = bars;
    this.bytes = describe(CAPABILITY.pciAccess, {
      bar: 0,
      offset: 0,
      bytes: 0,
      extra: 0,
    });
  }

  load(offset: number, bytes: AccessBytes): number | undefined {
    if (offset !== FIELD.extra) return undefined;
    const target = this.#target();
    if (target === undefined) return undefined;
    const value = target.bar.load(target.offset, target.bytes);
    this.bytes.set(numberBytes(value, 4), FIELD.extra);
    return keepBytes(value, bytes);
  }

  store(offset: number, bytes: AccessBytes, value: number): void {
    for (const [index, byte] of numberBytes(value, bytes).entries()) {
      const at = offset + index;
      if (at === FIELD.bar || at >= FIELD.offset && at < this.bytes.length) {
        this.bytes[at] = byte;
      }
    }
    if (offset !== FIELD.extra) return;
    const target = this.#target();
    target?.bar.store(target.offset, target.bytes, value);
  }

  /** What the window shows; undefined where it shows nothing. */
  #target():
    | { bar: PciBar; offset: number; bytes: AccessBytes }
    | undefined {
    const view = new DataView(this.bytes.buffer);
    const bar = this.#bars.find(({ index }) => index === this.bytes[FIELD.bar]);
    const offset = view.getUint32(FIELD.offset, true);
    const bytes = view.getUint32(FIELD.partLength, true);
    if (bar === undefined || offset + bytes > bar.bytes) return undefined;
    return bytes === 1 || bytes === 2 || bytes === 4
      ? { bar, offset, bytes }
      : undefined;
  }
}
