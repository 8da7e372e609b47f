/**
 * Rings as people read them: the shapes that `inspect.ts` gives.
 *
 * @module
 */
import type { ChainView } from "./_inspect_chain.ts";
import type { DescriptorView } from "./_inspect_memory.ts";
import type { ByteOrder } from "./world.ts";

export type { ChainDescriptorView, ChainView } from "./_inspect_chain.ts";
export type { DescriptorView } from "./_inspect_memory.ts";

/** A part of a ring as it lies in memory. */
export interface RawPart {
  readonly name: "descriptors" | "driver" | "device";
  readonly address: bigint;
  readonly bytes: Uint8Array;
}

/** What rings of both forms show. */
export interface RingViewCommon {
  /** The order that it was read in. */
  readonly order: ByteOrder;
  readonly size: number;
  readonly descriptors: readonly DescriptorView[];
  /** Oldest first, each resolved through its indirect table. */
  readonly chains: readonly ChainView[];
  /** Whether there are chains that are not shown, for there are too many. */
  readonly truncated: boolean;
  readonly raw: readonly RawPart[];
  /** What the device would refuse. */
  readonly problems: readonly string[];
}

/** A split ring. Indexes count on, modulo 65536; places are modulo the size. */
export interface SplitRingView extends RingViewCommon {
  readonly form: "split";
  readonly available: {
    readonly flags: readonly string[];
    /** In guest memory. */
    readonly index: number;
    /** The next that the device takes. */
    readonly deviceIndex: number;
    /** Chains that the device has not seen. */
    readonly waiting: number;
    /** Heads, by place. */
    readonly entries: readonly number[];
    /** The driver wants an interrupt when this index is used. */
    readonly usedEvent: number | undefined;
  };
  readonly used: {
    readonly flags: readonly string[];
    readonly index: number;
    /** The next that the device gives. */
    readonly deviceIndex: number;
    readonly entries: readonly {
      readonly id: number;
      readonly length: number;
    }[];
    /** The device wants a kick when this index is available. */
    readonly availableEvent: number | undefined;
  };
}

/** An event suppression structure. */
export interface SuppressionView {
  readonly mode: "enable" | "disable" | "at-place" | "reserved";
  readonly place: number;
  readonly wrap: boolean;
}

/** A packed ring. */
export interface PackedRingView extends RingViewCommon {
  readonly form: "packed";
  /** The next place that the device takes from, and its wrap counter. */
  readonly next: { readonly place: number; readonly wrap: boolean };
  /** The next place that the device gives at. */
  readonly used: { readonly place: number; readonly wrap: boolean };
  readonly driverEvent: SuppressionView;
  readonly deviceEvent: SuppressionView;
}

/** A ring as people read it. */
export type RingView = SplitRingView | PackedRingView;
