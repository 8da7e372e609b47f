/**
 * Who decides a device's byte order, and when it is latched. Legacy virtio
 * says "the guest's native order" and gives a device no way to learn it, so
 * each of these policies is a guess, with a guest that it gets wrong; a modern
 * device is little-endian (virtio 1.3, 2.4.3 and 2.5.3 "Legacy Interface").
 *
 * @module
 */
import type { OrderSource } from "./accessor.ts";
import type { ByteOrder, GuestOrderEvidence, VirtioWorld } from "./world.ts";

/**
 * The order of the few structures that are little-endian through the legacy
 * interface too: no guest and no force decides it.
 */
export const BOOK_ORDER: OrderSource = { little: true };

/** All policies, the default first. */
export const BYTE_ORDER_POLICIES = [
  "ile-at-reset",
  "msr-at-reset",
  "ile-live",
  "target",
  "big",
  "little",
] as const;

/**
 * - `ile-at-reset`: LPCR[ILE] of the vCPU that resets the device, latched;
 * - `msr-at-reset`: that vCPU's MSR[LE], latched;
 * - `ile-live`: LPCR[ILE] of the vCPU that accesses the device, always anew;
 * - `target`: the processor's own order, big, whatever the guest does;
 * - `big`, `little`: that order.
 */
export type ByteOrderPolicy = typeof BYTE_ORDER_POLICIES[number];

/** Policies that look at a vCPU. */
const ASKING: readonly ByteOrderPolicy[] = [
  "ile-at-reset",
  "msr-at-reset",
  "ile-live",
];

/** Why a device has the order that it has. */
export type ByteOrderReason = "forced" | "version-1" | "policy" | "default";

/** What is known of a device's order. */
export interface ByteOrderReport {
  readonly order: ByteOrder;
  readonly policy: ByteOrderPolicy;
  /** `"default"`: the policy has seen no reset by the guest yet. */
  readonly reason: ByteOrderReason;
  /** The reason in words. */
  readonly explanation: string;
  /** What the monitor forces, whether or not it makes a difference. */
  readonly forced: ByteOrder | undefined;
  /** What would hold without the force. */
  readonly unforced: ByteOrder;
  /** The vCPU whose state was taken, and what it showed. */
  readonly evidence: GuestOrderEvidence | undefined;
  /** When it was taken: virtual nanoseconds. */
  readonly latchedAt: number | undefined;
}

/** What `DeviceByteOrder` saves. */
export interface ByteOrderState {
  readonly forced: ByteOrder | undefined;
  readonly version1: boolean;
  readonly latched: ByteOrder;
  readonly evidence: GuestOrderEvidence | undefined;
  readonly latchedAt: number | undefined;
}

/** A device's byte order. Everything that needs it has this as its source. */
export class DeviceByteOrder implements OrderSource {
  readonly policy: ByteOrderPolicy;
  readonly #device: string;
  readonly #world: VirtioWorld;
  readonly #live: boolean;
  #forced: ByteOrder | undefined;
  #version1 = false;
  #latched: ByteOrder;
  #evidence: GuestOrderEvidence | undefined;
  #latchedAt: number | undefined;
  #little: boolean;
  /** Told whenever the order is another one. */
  onChange: (() => void) | undefined;

  constructor(
    device: string,
    { policy, world }: { policy: ByteOrderPolicy; world: VirtioWorld },
  ) {
    this.policy = policy;
    this.#device = device;
    this.#world = world;
    this.#live = policy === "ile-live";
    this.#latched = this.#default();
    this.#little = this.#latched === "little";
  }

  /** Whether the device's values are little-endian at this moment. */
  get little(): boolean {
    if (this.#live) this.#look();
    return this.#little;
  }

  /**
   * Whether the configuration is little-endian where it is read by modern
   * registers: always, save that a force holds there too.
   */
  get modernConfigLittle(): boolean {
    return this.#forced === undefined || this.#forced === "little";
  }

  /** The order as it was used last; unlike `little`, asks nobody. */
  get current(): ByteOrder {
    return this.#little ? "little" : "big";
  }

  /** What the monitor forces. */
  get forced(): ByteOrder | undefined {
    return this.#forced;
  }

  /** The guest wrote 0 to the status register. */
  resetByGuest(): void {
    const evidence = this.#ask();
    this.#version1 = false;
    this.#latch(evidence);
  }

  /** The machine or the bus was reset, by nobody in the guest. */
  resetFromOutside(): void {
    this.#version1 = false;
    this.#latch(undefined);
  }

  /** The driver took VIRTIO_F_VERSION_1, or not. */
  setVersion1(on: boolean): void {
    this.#version1 = on;
    this.#update();
  }

  /** Forces an order until lifted by undefined. No reset lifts it. */
  force(order: ByteOrder | undefined): void {
    this.#forced = order;
    this.#update();
  }

  /** The order, and why. Changes nothing, whatever the policy. */
  report(): ByteOrderReport {
    const reason = this.#reason();
    return {
      order: this.current,
      policy: this.policy,
      reason,
      explanation: explain(reason, this.policy, this.#evidence),
      forced: this.#forced,
      unforced: this.#unforced(),
      evidence: this.#evidence,
      latchedAt: this.#latchedAt,
    };
  }

  save(): ByteOrderState {
    return {
      forced: this.#forced,
      version1: this.#version1,
      latched: this.#latched,
      evidence: this.#evidence,
      latchedAt: this.#latchedAt,
    };
  }

  restore(state: ByteOrderState): void {
    this.#forced = state.forced;
    this.#version1 = state.version1;
    this.#latched = state.latched;
    this.#evidence = state.evidence;
    this.#latchedAt = state.latchedAt;
    this.#update();
  }

  /** What the policy wants to know, and no more. */
  #ask(): GuestOrderEvidence | undefined {
    return ASKING.includes(this.policy)
      ? this.#world.guestOrder({ running: this.policy === "msr-at-reset" })
      : undefined;
  }

  /** The order that the policy has without evidence. */
  #default(): ByteOrder {
    return this.policy === "big" || this.policy === "little"
      ? this.policy
      : this.#world.targetOrder;
  }

  #latch(evidence: GuestOrderEvidence | undefined): void {
    this.#evidence = evidence;
    this.#latchedAt = evidence && this.#world.now?.();
    this.#latched = evidence === undefined
      ? this.#default()
      : this.#decide(evidence);
    this.#update();
  }

  #decide(evidence: GuestOrderEvidence): ByteOrder {
    switch (this.policy) {
      case "ile-at-reset":
      case "ile-live":
        return evidence.interrupts;
      case "msr-at-reset":
        return evidence.running ?? this.#world.targetOrder;
      default:
        return this.#default();
    }
  }

  /** `ile-live`: where nobody in the guest is acting, what held last holds. */
  #look(): void {
    const evidence = this.#ask();
    if (evidence === undefined) return;
    const known = this.#evidence !== undefined;
    if (known && evidence.interrupts === this.#latched) return;
    this.#latch(evidence);
  }

  #reason(): ByteOrderReason {
    if (this.#forced !== undefined) return "forced";
    if (this.#version1) return "version-1";
    const asks = ASKING.includes(this.policy);
    return asks && this.#evidence === undefined ? "default" : "policy";
  }

  #unforced(): ByteOrder {
    return this.#version1 ? "little" : this.#latched;
  }

  #update(): void {
    const old = this.current;
    const order = this.#forced ?? this.#unforced();
    if (order === old) return;
    this.#little = order === "little";
    this.onChange?.();
    if (!this.#world.listens("VIRTIO_BYTE_ORDER")) return;
    this.#world.emit({
      name: "VIRTIO_BYTE_ORDER",
      device: this.#device,
      data: {
        old,
        new: order,
        policy: this.policy,
        reason: this.#reason(),
        vcpu: this.#world.actor,
      },
    });
  }
}

function explain(
  reason: ByteOrderReason,
  policy: ByteOrderPolicy,
  evidence: GuestOrderEvidence | undefined,
): string {
  if (reason === "forced") return "forced by the monitor";
  if (reason === "version-1") {
    return "the driver took VIRTIO_F_VERSION_1, which means little-endian";
  }
  switch (policy) {
    case "big":
    case "little":
      return `the policy is always ${policy}-endian`;
    case "target":
      return "the policy is the processor's own order, whatever the guest does";
  }
  if (evidence === undefined) {
    return "the processor's own order: the guest has not reset the device yet";
  }
  const { vcpu, interrupts, running } = evidence;
  const bit = (order?: ByteOrder) => order === "little" ? 1 : 0;
  switch (policy) {
    case "ile-at-reset":
      return `vCPU ${vcpu} had LPCR[ILE]=${
        bit(interrupts)
      } when it reset the device`;
    case "msr-at-reset":
      return `vCPU ${vcpu} had MSR[LE]=${
        bit(running)
      } when it reset the device`;
    case "ile-live":
      return `vCPU ${vcpu} had LPCR[ILE]=${
        bit(interrupts)
      } when it accessed the device`;
  }
}
