/**
 * What driver and device agree on before the device runs (virtio 1.3, 3.1).
 *
 * @module
 */
import {
  FEATURE,
  featuresRefusal,
  hasFeature,
  offeredFeatures,
  type RingOptions,
} from "./features.ts";
import type { VirtioDevice } from "./device.ts";
import { STATUS } from "./status.ts";

/** Which registers an access came through. */
export type Interface = "legacy" | "modern";

/** What `Negotiation` saves. */
export interface NegotiationState {
  readonly status: number;
  readonly driverFeatures: bigint;
  readonly agreed: bigint;
}

/** A word of features: all that a legacy driver sees of them. */
const WORD = 0xffff_ffffn;

/** A device's status and features. */
export class Negotiation {
  /** All features that are offered, whatever the interface. */
  readonly offered: bigint;
  /** The status register's bits. */
  status = 0;
  readonly #device: VirtioDevice;
  readonly #legacy: boolean;
  #driverFeatures = 0n;
  #agreed = 0n;

  constructor(
    device: VirtioDevice,
    { rings = {}, legacy, modern }: {
      rings: RingOptions | undefined;
      legacy: boolean;
      modern: boolean;
    },
  ) {
    this.#device = device;
    this.#legacy = legacy;
    this.offered = offeredFeatures(device.features, rings, { legacy, modern });
  }

  /** Features that the driver has written. */
  get driverFeatures(): bigint {
    return this.#driverFeatures;
  }

  /** Features that hold. */
  get agreed(): bigint {
    return this.#agreed;
  }

  /** Whether a feature holds. */
  has(bit: number): boolean {
    return hasFeature(this.#agreed, bit);
  }

  /** Whether features are as they must be before the device is used. */
  get mayRun(): boolean {
    return (this.status & STATUS.featuresOk) !== 0 ||
      this.#legacy && !hasFeature(this.#driverFeatures, FEATURE.version1);
  }

  /** The driver writes 32 bits of its features. Words above 1 have none. */
  write(word: number, value: number): void {
    if (word > 1 || (this.status & STATUS.featuresOk) !== 0) return;
    const shift = BigInt(32 * word);
    const kept = this.#driverFeatures & ~(WORD << shift);
    this.#driverFeatures = kept | BigInt(value) << shift;
  }

  /** A legacy driver has no FEATURES_OK: what it wrote holds at once. */
  agreeAsLegacy(): void {
    this.#agreed = this.#driverFeatures & this.offered & WORD;
  }

  /** Takes the driver's features, or says why not. */
  agree(): string | undefined {
    const chosen = this.#driverFeatures;
    const refusal = featuresRefusal(chosen, {
      offered: this.offered,
      legacy: this.#legacy,
    }) ?? this.#device.refusesFeatures?.(chosen);
    if (refusal === undefined) this.#agreed = chosen;
    return refusal;
  }

  clear(): void {
    this.restore({ status: 0, driverFeatures: 0n, agreed: 0n });
  }

  save(): NegotiationState {
    const { status, driverFeatures, agreed } = this;
    return { status, driverFeatures, agreed };
  }

  restore({ status, driverFeatures, agreed }: NegotiationState): void {
    this.status = status;
    this.#driverFeatures = driverFeatures;
    this.#agreed = agreed;
  }
}
