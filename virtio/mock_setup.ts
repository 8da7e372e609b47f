/**
 * The ways in which a mock driver goes about a device.
 *
 * @module
 */
import type { MockWorld } from "./mock_world.ts";
import type { PciForm, VirtioPciOptions } from "./transport_pci.ts";
import type { ByteOrder } from "./world.ts";

/** How a mock driver goes about it. */
export interface MockSetup {
  /** For test names. */
  readonly name: string;
  /** The guest's own order. Modern rings are little-endian all the same. */
  readonly order: ByteOrder;
  readonly interface: "legacy" | "modern";
  readonly ring: "split" | "packed";
}

/** The set-ups that every device is to be driven in. */
export const MOCK_SETUPS: readonly MockSetup[] = [
  setup("big", "legacy", "split"),
  setup("little", "legacy", "split"),
  setup("big", "modern", "split"),
  setup("little", "modern", "split"),
  setup("big", "modern", "packed"),
  setup("little", "modern", "packed"),
];

function setup(
  order: ByteOrder,
  face: "legacy" | "modern",
  ring: "split" | "packed",
): MockSetup {
  return { name: `${order} ${face} ${ring}`, order, interface: face, ring };
}

/** What may differ from the usual. */
export interface MockOptions
  extends Partial<Omit<VirtioPciOptions, "world" | "form">> {
  readonly world?: MockWorld;
  /** Default: `transitional` for either interface. */
  readonly form?: PciForm;
  /** Features not to take. */
  readonly without?: readonly number[];
  /** Size of queues, at most; legacy queues have their maximum. */
  readonly queueSize?: number;
  /** Whether MSI-X is enabled, a vector for each queue. Default false. */
  readonly messages?: boolean;
}
