/**
 * The virtio network device (virtio 1.3, 5.1) with one pair of queues.
 *
 * @module
 */
import type { OrderedReader, OrderedWriter } from "../accessor.ts";
import type { Chain } from "../chain.ts";
import type {
  ActiveDevice,
  DeviceHost,
  QueueDescription,
  VirtioDevice,
} from "../device.ts";
import { FEATURE, featureMask, hasFeature } from "../features.ts";
import { RingError } from "../ring_error.ts";
import { Backlog, type WaitingFrame } from "./backlog.ts";
import {
  type AcceptedOffloads,
  ETHERNET_HEADER,
  MAX_FRAME_BYTES,
  type NetBackend,
  type NetLink,
  NO_OFFLOADS,
} from "./backend.ts";
import { CONTROL_ANSWER, readCommand } from "./control.ts";
import { NET_FEATURE, netFeatures, netFeaturesRefusal } from "./features.ts";
import { deliverFrame } from "./deliver.ts";
import { offloadOf, readHeader } from "./header.ts";

/** Queues by what they are for (virtio 1.3, 5.1.2). */
export const NET_QUEUE = { receive: 0, transmit: 1, control: 2 } as const;

/** VIRTIO_NET_S_LINK_UP. */
const LINK_UP = 1;

const MAC_BYTES = 6;

/** What a network device is made of. */
export interface NetOptions {
  readonly backend: NetBackend;
  /** Address of the guest's interface: 6 bytes, not of a group. */
  readonly mac: Uint8Array;
  /** Runs work soon, outside any access (`VirtioWorld.defer`). */
  readonly defer: (work: () => void) => void;
}

/** What `NetDevice` saves. */
export interface NetState {
  readonly mac: Uint8Array<ArrayBuffer>;
  readonly receiveModes: number;
  readonly linkUp: boolean;
  readonly backlog: readonly WaitingFrame[];
  readonly backend: unknown;
}

/** Frames that came to nothing, by the reason. */
export type NetDrops = Readonly<Record<string, number>>;

/** A network interface for the guest. */
export class NetDevice implements VirtioDevice {
  readonly kind = "net";
  readonly features: bigint;
  readonly queues: readonly QueueDescription[] = [
    { name: "receive", maximum: 256 },
    { name: "transmit", maximum: 256 },
    { name: "control", maximum: 64 },
  ];
  readonly #backend: NetBackend;
  readonly #defer: NetOptions["defer"];
  readonly #backlog = new Backlog();
  readonly #drops: Record<string, number> = {};
  readonly #initialMac: Uint8Array<ArrayBuffer>;
  #mac: Uint8Array<ArrayBuffer>;
  #receiveModes = 0;
  #linkUp = true;
  #host: DeviceHost | undefined;
  #active: ActiveDevice | undefined;
  /** Whether the guest's frames are being taken: answers wait for the end. */
  #transmitting = false;
  /** Whether the backend was told to wait. */
  #full = false;

  /** Throws RangeError for an address that an interface cannot have. */
  constructor({ backend, mac, defer }: NetOptions) {
    if (mac.length !== MAC_BYTES || ((mac[0] ?? 1) & 1) !== 0) {
      throw new RangeError(
        `Cannot make a network interface: not an address of one: ${mac}`,
      );
    }
    this.#initialMac = Uint8Array.from(mac);
    this.#mac = this.#initialMac;
    this.#backend = backend;
    this.#defer = defer;
    this.features = netFeatures(backend.offloads);
    backend.connect(this.#newLink());
  }

  /** Frames that came to nothing since the device was made. */
  get drops(): NetDrops {
    return { ...this.#drops };
  }

  /** What the cable leads to. */
  get backend(): NetBackend {
    return this.#backend;
  }

  /** The interface's address, which a driver may change. */
  get mac(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.#mac);
  }

  /** Whether the cable is in. Without it nothing goes either way. */
  get linkUp(): boolean {
    return this.#linkUp;
  }

  set linkUp(up: boolean) {
    if (this.#linkUp === up) return;
    this.#linkUp = up;
    this.#host?.configChanged();
  }

  attach(host: DeviceHost): void {
    this.#host = host;
  }

  config(fields: OrderedWriter): void {
    fields.bytes(this.#mac);
    fields.u16(this.#linkUp ? LINK_UP : 0);
    fields.u16(1); // max_virtqueue_pairs
  }

  /** A legacy driver sets its address so (virtio 1.3, 5.1.4.3). */
  writeConfig(offset: number, value: OrderedReader): void {
    if (this.#active?.has(FEATURE.version1)) return;
    const mac = Uint8Array.from(this.#mac);
    for (let at = offset; at < MAC_BYTES && value.remaining > 0; at++) {
      mac[at] = value.u8();
    }
    this.#mac = mac;
  }

  refusesFeatures(features: bigint): string | undefined {
    return netFeaturesRefusal(features);
  }

  activate(active: ActiveDevice): void {
    this.#active = active;
  }

  notify(queue: number): void {
    if (queue === NET_QUEUE.receive) this.#serve();
    else if (queue === NET_QUEUE.transmit) this.#transmit();
    else this.#control();
  }

  reset(): void {
    this.#active = undefined;
    this.#mac = this.#initialMac;
    this.#receiveModes = 0;
    this.#full = false;
    this.#backlog.clear();
    this.#backend.reset();
  }

  save(): NetState {
    return {
      mac: this.mac,
      receiveModes: this.#receiveModes,
      linkUp: this.#linkUp,
      backlog: this.#backlog.save(),
      backend: this.#backend.save(),
    };
  }

  /**
   * Connections end where a machine is restored: the guest is told when it
   * uses them.
   */
  restore(state: unknown, active: ActiveDevice | undefined): void {
    const { mac, receiveModes, linkUp, backlog, backend } = state as Partial<
      NetState
    >;
    if (
      !(mac instanceof Uint8Array) || mac.length !== MAC_BYTES ||
      typeof receiveModes !== "number" || typeof linkUp !== "boolean"
    ) {
      throw new TypeError("Cannot restore a network device: not its state");
    }
    // What the old connections have to say is not for this guest.
    this.#active = undefined;
    this.#backend.restore(backend);
    this.#full = false;
    this.#backlog.restore(backlog);
    this.#mac = Uint8Array.from(mac);
    this.#receiveModes = receiveModes;
    this.#linkUp = linkUp;
    this.#active = active;
    this.#defer(() => {
      active?.run(() => {
        this.#transmit();
        this.#serve();
      });
      this.#backend.drained();
    });
  }

  #newLink(): NetLink {
    const offloads = () => this.#accepted();
    const room = () => {
      this.#full ||= !this.#backlog.room;
      return !this.#full;
    };
    return {
      get offloads() {
        return offloads();
      },
      get room() {
        return room();
      },
      receive: (frame, offload) => {
        if (this.#active === undefined || !this.#linkUp) {
          this.#drop("no-link");
        } else if (!this.#backlog.add({ frame, offload })) {
          this.#drop("backlog-full");
        } else if (!this.#transmitting) {
          this.#active.run(() => this.#serve());
        }
      },
    };
  }

  /** What the driver takes of the work on frames. */
  #accepted(): AcceptedOffloads {
    const active = this.#active;
    if (active === undefined) return NO_OFFLOADS;
    const checksum = active.has(NET_FEATURE.guestChecksum);
    return {
      checksum,
      segments: checksum && active.has(NET_FEATURE.guestSegments),
    };
  }

  /** Whether headers count the buffers of a frame (virtio 1.3, 5.1.6.1). */
  #counted({ features }: ActiveDevice): boolean {
    const { mergedBuffers } = NET_FEATURE;
    return (features & featureMask(mergedBuffers, FEATURE.version1)) !== 0n;
  }

  #transmit(): void {
    const active = this.#active;
    const queue = active?.queues[NET_QUEUE.transmit];
    if (active === undefined || queue === undefined) return;
    this.#transmitting = true;
    try {
      for (let chain = queue.pop(); chain !== undefined; chain = queue.pop()) {
        this.#send(active, chain);
        queue.push(chain, 0);
      }
    } finally {
      this.#transmitting = false;
    }
    this.#serve();
  }

  #send(active: ActiveDevice, { readable, writableBytes }: Chain): void {
    if (writableBytes > 0) {
      throw new RingError(
        "direction",
        `Cannot send a frame: ${writableBytes} bytes of it are to write`,
      );
    }
    const header = readHeader(readable, { counted: this.#counted(active) });
    const length = readable.remaining;
    if (length < ETHERNET_HEADER) return this.#drop("frame-short");
    if (length > MAX_FRAME_BYTES) return this.#drop("frame-long");
    if (!this.#linkUp) return this.#drop("no-link");
    const offload = offloadOf(header, {
      length,
      checksum: active.has(NET_FEATURE.checksum),
      segments: active.has(NET_FEATURE.hostSegments),
    });
    if (typeof offload === "string") return this.#drop(offload);
    this.#backend.send(readable.bytes(length), offload);
  }

  /** Gives the guest what waits, as far as it has buffers. */
  #serve(): void {
    const active = this.#active;
    if (active === undefined) return;
    for (
      let waiting = this.#backlog.first;
      waiting !== undefined;
      waiting = this.#backlog.first
    ) {
      if (!this.#deliver(active, waiting)) return;
      this.#backlog.shift();
    }
    if (!this.#full) return;
    this.#full = false;
    this.#defer(() => this.#backend.drained());
  }

  /** Puts a frame into buffers; gives false where it has to wait for some. */
  #deliver(active: ActiveDevice, waiting: WaitingFrame): boolean {
    const queue = active.queues[NET_QUEUE.receive];
    if (queue === undefined) return false;
    const outcome = deliverFrame(queue, waiting, {
      counted: this.#counted(active),
      merges: active.has(NET_FEATURE.mergedBuffers),
    });
    if (outcome === "buffers-small") this.#drop(outcome);
    return outcome !== "waits";
  }

  #control(): void {
    const active = this.#active;
    const queue = active?.queues[NET_QUEUE.control];
    if (active === undefined || queue === undefined) return;
    for (let chain = queue.pop(); chain !== undefined; chain = queue.pop()) {
      const answer = this.#command(active, chain);
      chain.writable.u8(answer);
      queue.push(chain, 1);
    }
  }

  /**
   * Takes a command. The backend sends nothing that the guest did not ask for,
   * so a receive mode or a table is remembered at most: there is no filter.
   */
  #command({ features }: ActiveDevice, { readable }: Chain): number {
    const command = readCommand(readable);
    const { controlReceive, controlExtra, controlMac } = NET_FEATURE;
    if (command?.kind === "receive-mode") {
      const needed = command.mode < 2 ? controlReceive : controlExtra;
      if (!hasFeature(features, needed)) return CONTROL_ANSWER.error;
      const bit = 1 << command.mode;
      if (command.on) this.#receiveModes |= bit;
      else this.#receiveModes &= ~bit;
      return CONTROL_ANSWER.ok;
    }
    if (command?.kind === "mac-table" && hasFeature(features, controlReceive)) {
      return CONTROL_ANSWER.ok;
    }
    if (command?.kind !== "mac" || !hasFeature(features, controlMac)) {
      return CONTROL_ANSWER.error;
    }
    this.#mac = command.address;
    return CONTROL_ANSWER.ok;
  }

  #drop(reason: string): void {
    this.#drops[reason] = (this.#drops[reason] ?? 0) + 1;
  }
}
