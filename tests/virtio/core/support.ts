import type { OrderedReader, OrderedWriter } from "../../../virtio/accessor.ts";
import type { Chain, SavedChain } from "../../../virtio/chain.ts";
import type {
  ActiveDevice,
  DeviceHost,
  VirtioDevice,
  VirtQueue,
} from "../../../virtio/device.ts";
import {
  MOCK_SETUPS,
  MockDriver,
  type MockOptions,
  type MockSetup,
} from "../../../virtio/mock_driver.ts";

/** What all test devices have. */
abstract class TestDevice implements VirtioDevice {
  readonly kind = "rng";
  readonly features: bigint = 0b101n;
  readonly queues = [
    { name: "first", maximum: 256 },
    { name: "second", maximum: 64 },
  ];
  host: DeviceHost | undefined;
  active: ActiveDevice | undefined;
  /** What happened to the device, in its order. */
  readonly calls: string[] = [];
  field = 0x12345678;
  byte = 0x9a;

  attach(host: DeviceHost): void {
    this.host = host;
  }

  config(fields: OrderedWriter): void {
    fields.u32(this.field);
    fields.u16(0xbcde);
    fields.u8(this.byte);
    fields.u64(0x0102030405060708n);
  }

  writeConfig(offset: number, value: OrderedReader): void {
    this.calls.push(`config ${offset} ${value.remaining}`);
    if (offset === 0 && value.remaining === 4) this.field = value.u32();
    if (offset === 6 && value.remaining === 1) this.byte = value.u8();
  }

  refusesFeatures(features: bigint): string | undefined {
    return features & 0b100n ? undefined : "feature 2 is needed";
  }

  activate(active: ActiveDevice): void {
    this.calls.push("activate");
    this.active = active;
  }

  abstract notify(queue: number): void;

  resetQueue(queue: number): void {
    this.calls.push(`reset queue ${queue}`);
  }

  reset(): void {
    this.calls.push("reset");
    this.active = undefined;
  }

  queue(index: number): VirtQueue {
    const queue = this.active?.queues[index];
    if (queue === undefined) throw new Error("Test device is not active");
    return queue;
  }

  save(): unknown {
    return { field: this.field };
  }

  restore(state: unknown, active: ActiveDevice | undefined): void {
    this.field = (state as { field: number }).field;
    this.active = active;
  }
}

/** Answers a u32 by the next one, and then the request's other bytes. */
export class EchoDevice extends TestDevice {
  served = 0;

  notify(index: number): void {
    this.calls.push(`notify ${index}`);
    const queue = this.queue(index);
    for (let chain = queue.pop(); chain; chain = queue.pop()) {
      answer(chain);
      this.served++;
      queue.push(chain, chain.writable.written);
    }
  }
}

/** Takes requests and keeps them until the test completes them. */
export class HoldingDevice extends TestDevice {
  held: Chain[] = [];

  notify(index: number): void {
    if (index !== 0) return;
    const queue = this.queue(index);
    for (let chain = queue.pop(); chain; chain = queue.pop()) {
      this.held.push(chain);
    }
  }

  /** Completes held requests of queue 0, by their places in `held`. */
  complete(...places: readonly number[]): void {
    const chains = places.map((place) => this.held[place]!);
    this.held = this.held.filter((chain) => !chains.includes(chain));
    this.active?.run(() => {
      for (const chain of chains) {
        answer(chain);
        this.queue(0).push(chain, chain.writable.written);
      }
    });
  }

  override resetQueue(queue: number): void {
    super.resetQueue(queue);
    if (queue === 0) this.held = [];
  }

  override reset(): void {
    super.reset();
    this.held = [];
  }

  override save(): unknown {
    return { field: this.field, held: this.held.map((chain) => chain.save()) };
  }

  override restore(state: unknown, active: ActiveDevice | undefined): void {
    super.restore(state, active);
    const { held } = state as { held: SavedChain[] };
    this.held = active ? held.map((each) => this.queue(0).reopen(each)) : [];
  }
}

function answer({ readable, writable }: Chain): void {
  writable.u32(readable.u32() + 1);
  const rest = Math.min(readable.remaining, writable.remaining);
  writable.bytes(readable.bytes(rest));
}

/** A driver whose device runs. */
export function started<D extends VirtioDevice>(
  device: D,
  setup: MockSetup = MOCK_SETUPS[0]!,
  options: MockOptions = {},
): MockDriver & { readonly device: D } {
  const driver = Object.assign(new MockDriver(device, setup, options), {
    device,
  });
  driver.start();
  return driver;
}

/** Sends a number through a device that echoes, and gives what came back. */
export function echo(
  driver: MockDriver,
  value: number,
  { queue = 0, indirect = false } = {},
): number {
  const writer = driver.writer();
  writer.u32(value);
  const { bytes, written } = driver.request(queue, {
    out: [writer.written],
    room: [4],
    indirect,
  });
  return written === 4 ? driver.reader(bytes).u32() : NaN;
}

/** The set-ups with a split ring, with a packed one, of either interface. */
export function setups(
  wanted: Partial<MockSetup>,
): readonly MockSetup[] {
  return MOCK_SETUPS.filter((setup) =>
    Object.entries(wanted).every(([key, value]) =>
      setup[key as keyof MockSetup] === value
    )
  );
}
