/**
 * Feature bits of rings and transports (virtio 1.3, section 6), and which of
 * them a device offers.
 *
 * @module
 */

/** Numbers of the bits. */
export const FEATURE = {
  notifyOnEmpty: 24,
  anyLayout: 27,
  indirectDescriptors: 28,
  eventIndex: 29,
  bad: 30,
  version1: 32,
  accessPlatform: 33,
  packedRing: 34,
  inOrder: 35,
  orderPlatform: 36,
  singleRootIov: 37,
  notificationData: 38,
  notificationConfigData: 39,
  ringReset: 40,
  adminQueue: 41,
} as const;

/** Whether a mask has a bit. */
export function hasFeature(features: bigint, bit: number): boolean {
  return (features >> BigInt(bit) & 1n) === 1n;
}

/** A mask of bits. */
export function featureMask(...bits: readonly number[]): bigint {
  return bits.reduce((mask, bit) => mask | 1n << BigInt(bit), 0n);
}

/** What of ring and transport a device is to offer. */
export interface RingOptions {
  /** Default true. */
  readonly indirectDescriptors?: boolean;
  /** Default true. */
  readonly eventIndex?: boolean;
  /** Default true, for modern drivers. */
  readonly ringReset?: boolean;
  /** Default false: a modern driver that sees it uses no split ring. */
  readonly packed?: boolean;
  /** Default false. */
  readonly inOrder?: boolean;
  /** Default false: DMA goes through the platform's translation. */
  readonly accessPlatform?: boolean;
}

/** Features that mean nothing without VERSION_1: a legacy driver has none. */
const MODERN_BITS = featureMask(
  FEATURE.accessPlatform,
  FEATURE.packedRing,
  FEATURE.inOrder,
  FEATURE.ringReset,
);

/** All that a device offers on a transport. */
export function offeredFeatures(
  device: bigint,
  rings: RingOptions,
  { legacy, modern }: { legacy: boolean; modern: boolean },
): bigint {
  let offered = device;
  const offer = (bit: number, on: boolean) => {
    if (on) offered |= featureMask(bit);
  };
  offer(FEATURE.indirectDescriptors, rings.indirectDescriptors ?? true);
  offer(FEATURE.eventIndex, rings.eventIndex ?? true);
  offer(FEATURE.anyLayout, legacy);
  offer(FEATURE.version1, modern);
  offer(FEATURE.ringReset, modern && (rings.ringReset ?? true));
  offer(FEATURE.packedRing, modern && (rings.packed ?? false));
  offer(FEATURE.inOrder, modern && (rings.inOrder ?? false));
  offer(FEATURE.accessPlatform, modern && (rings.accessPlatform ?? false));
  return offered;
}

/** Why FEATURES_OK is refused; undefined where it is not. */
export function featuresRefusal(
  chosen: bigint,
  { offered, legacy }: { offered: bigint; legacy: boolean },
): string | undefined {
  const stray = chosen & ~offered;
  if (stray !== 0n) return `not offered: 0x${stray.toString(16)}`;
  if (hasFeature(chosen, FEATURE.version1)) return undefined;
  if (!legacy) return "VIRTIO_F_VERSION_1 is missing";
  const modern = chosen & MODERN_BITS;
  return modern === 0n
    ? undefined
    : `VIRTIO_F_VERSION_1 is missing for 0x${modern.toString(16)}`;
}
