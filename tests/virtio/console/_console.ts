import { ConsoleDevice } from "../../../virtio/console/device.ts";
import type { PortBackend } from "../../../virtio/console/port.ts";
import {
  MockDriver,
  type MockOptions,
  type MockSetup,
} from "../../../virtio/mock_driver.ts";
import { MockWorld } from "../../../virtio/mock_world.ts";

/** Names of control messages (virtio 1.3, 5.3.6.2). */
export const EVENT = {
  deviceReady: 0,
  deviceAdd: 1,
  portReady: 3,
  consolePort: 4,
  portOpen: 6,
  portName: 7,
} as const;

/** A host's end that remembers. */
export class TestEnd implements PortBackend {
  text = "";
  readonly opened: boolean[] = [];
  rooms = 0;
  /** How many more writes it takes before it is full. */
  patience = Infinity;

  write(bytes: Uint8Array): boolean {
    this.text += new TextDecoder().decode(bytes);
    return --this.patience > 0;
  }

  onGuestOpen(open: boolean): void {
    this.opened.push(open);
  }

  onRoom(): void {
    this.rooms++;
  }
}

/** A console with ports "one" and "two", or without, and its driver. */
export class TestConsole {
  readonly console = new TestEnd();
  readonly one = new TestEnd();
  readonly two = new TestEnd();
  readonly device: ConsoleDevice;
  readonly driver: MockDriver;

  constructor(
    setup: MockSetup,
    { named = false, mock = {} }: { named?: boolean; mock?: MockOptions } = {},
  ) {
    const world = mock.world ?? new MockWorld();
    this.device = new ConsoleDevice({
      console: this.console,
      ports: named
        ? [
          { name: "one", backend: this.one },
          { name: "two", backend: this.two, open: false },
        ]
        : [],
      defer: (work) => world.defer(work),
    });
    this.driver = new MockDriver(this.device, setup, { ...mock, world });
    this.driver.start();
  }

  /** The guest writes to a queue. */
  write(text: string, queue = 1): number {
    const out = [new TextEncoder().encode(text)];
    return this.driver.request(queue, { out }).written;
  }

  /** The guest gives buffers for input. */
  give(sizes: readonly number[], queue = 0): void {
    for (const size of sizes) {
      this.driver.add(queue, this.driver.buffers({ room: [size] }));
    }
    this.driver.kick(queue);
  }

  /** Input that came, a string for each buffer. */
  took(queue = 0): string[] {
    return this.driver.collect(queue).map(({ bytes, written }) =>
      new TextDecoder().decode(bytes.subarray(0, written))
    );
  }

  /** The driver sends a control message. */
  say(event: number, id = 0, value = 1): void {
    const fields = this.driver.writer();
    fields.u32(id);
    fields.u16(event);
    fields.u16(value);
    this.driver.request(3, { out: [fields.written] });
  }

  /** Control messages that came: [port, event, value, name]. */
  heard(): (readonly [number, number, number, string])[] {
    return this.driver.collect(2).map(({ bytes, written }) => {
      const fields = this.driver.reader(bytes.subarray(0, written));
      const message = [fields.u32(), fields.u16(), fields.u16()] as const;
      const name = new TextDecoder().decode(fields.bytes(fields.remaining));
      return [...message, name];
    });
  }

  /** The driver makes all ports ready, and opens port 1. */
  bringUp(): void {
    this.give(new Array(16).fill(64), 2);
    this.say(EVENT.deviceReady);
    for (const id of [0, 1, 2]) this.say(EVENT.portReady, id);
    this.say(EVENT.portOpen, 0);
    this.say(EVENT.portOpen, 1);
    this.heard();
  }
}

export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
