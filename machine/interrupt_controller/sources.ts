/**
 * Kinds of interrupt sources, by number.
 *
 * @module
 */
import { SOURCE } from "../source_numbers.ts";

/** Whether there is a source of the number. */
export function isSource(source: number): boolean {
  return Number.isInteger(source) && source >= 0 && source < SOURCE.end;
}

/** Whether a source belongs to a device, not to interprocessor interrupts. */
export function isDeviceSource(source: number): boolean {
  return isSource(source) && source >= SOURCE.epow;
}

/** Whether a source is level-sensitive: an LSI. All others are edges. */
export function isLevelSensitive(source: number): boolean {
  return source >= SOURCE.pciLsi && source < SOURCE.pciMsi;
}

const NAMES: readonly (readonly [first: number, name: string])[] = [
  [SOURCE.pciMsi, "pci-msi"],
  [SOURCE.pciLsi, "pci-lsi"],
  [SOURCE.vio, "vio"],
  [SOURCE.hotplug, "hotplug"],
  [SOURCE.epow, "epow"],
  [SOURCE.ipi, "ipi"],
];

/** "pci-msi 3" of 0x1303: the range and the place in it. */
export function sourceName(source: number): string {
  const range = NAMES.find(([first]) => source >= first);
  return range ? `${range[1]} ${source - range[0]}` : "none";
}

/** Checks what a device drives. Throws RangeError if it is not of the kind. */
export function checkLine(source: number, kind: "level" | "edge"): void {
  const fits = isSource(source) &&
    isLevelSensitive(source) === (kind === "level");
  if (!fits) {
    throw new RangeError(
      `Cannot drive interrupt source: no ${kind} source has the number: 0x${
        source.toString(16)
      }`,
    );
  }
}

/** What both kinds tell about a source. */
export interface SourceDescription {
  readonly number: number;
  /** What the number is for: "pci-msi 3". */
  readonly name: string;
  readonly trigger: "level" | "edge";
  readonly server: number;
  /** 255 where the source is masked. */
  readonly priority: number;
  /** Whether the line is raised; always false for edges. */
  readonly asserted: boolean;
  /** Edges, or raised levels, since reset; modulo 2^32. */
  readonly count: number;
}
