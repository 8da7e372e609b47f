import assert from "node:assert/strict";
import {
  createDevice,
  type DeviceMakers,
} from "../../../machine/virtio/create_device.ts";
import type { DeviceParts } from "../../../machine/virtio/device_parts.ts";
import {
  checkDeviceOptions,
  deviceNames,
  type DeviceOptions,
  type NetOptions,
} from "../../../machine/virtio/options.ts";
import { NetDevice } from "../../../virtio/net/device.ts";
import { EntropyDevice } from "./entropy_device.ts";

Deno.test("deviceNames() numbers devices that have no name", () => {
  assert.deepEqual(
    deviceNames([
      { kind: "blk" },
      { kind: "p9" },
      { kind: "blk", name: "blk1" },
      { kind: "blk" },
      { kind: "net", name: "uplink" },
      { kind: "blk" },
    ]),
    ["blk0", "share0", "blk1", "blk2", "uplink", "blk3"],
  );
});

Deno.test("deviceNames() refuses names that are taken or none", () => {
  assert.throws(
    () => deviceNames([{ kind: "rng", name: "a" }, { kind: "blk", name: "a" }]),
    { name: "RangeError", message: 'Cannot name device: name is taken: "a"' },
  );
  for (const name of ["", "a b", "ä", "x".repeat(65)]) {
    assert.throws(() => deviceNames([{ kind: "rng", name }]), {
      name: "RangeError",
      message: `Cannot name device: not a name: "${name}"`,
    });
  }
});

Deno.test("checkDeviceOptions() refuses what the bus or the transport cannot have", () => {
  const rng = { kind: "rng" } as const;
  const check = (...devices: object[]) => () =>
    checkDeviceOptions(devices as DeviceOptions[]);
  check(rng, { ...rng, slot: 31, form: "modern", byteOrder: "big" })();
  const cases: [() => void, RegExp][] = [
    [check({ ...rng, slot: 32 }), /Cannot make machine: no slot: 32/],
    [check({ ...rng, slot: 0.5 }), /no slot: 0.5/],
    [
      check({ ...rng, slot: 3 }, { ...rng, slot: 3 }),
      /Cannot make machine: slot is taken: 3/,
    ],
    [check({ kind: "gpu" }), /Cannot make machine: no such device: gpu/],
    [check({ ...rng, form: "old" }), /no form of virtio: old/],
    [check({ ...rng, byteOrder: "x" }), /no byte order policy: x/],
    [check(...Array(33).fill(rng)), /more devices than 32: 33/],
  ];
  for (const [run, message] of cases) {
    assert.throws(run, { name: "RangeError", message });
  }
});

const PARTS: DeviceParts = {
  onBalloon: () => {},
  defer: (work) => work(),
  memory: {
    view: (_address, bytes) => new Uint8Array(bytes),
    written: () => {},
  },
  memoryBytes: 2 ** 28,
  clock: { now: () => 0, later: () => {} },
  sockets: () => undefined,
  number: 0,
  console: () => {},
  onClose: () => {},
};

Deno.test("createDevice() makes a device by its kind's row", () => {
  const made: unknown[] = [];
  const makers: DeviceMakers = {
    rng: (options) => {
      made.push(options);
      return new EntropyDevice();
    },
  };
  const options = { kind: "rng", slot: 3 } as const;
  assert.equal(createDevice(options, { ...PARTS, makers }).kind, "rng");
  assert.deepEqual(made, [options]);
  assert.throws(() => createDevice({ kind: "balloon" }, { ...PARTS, makers }), {
    name: "DeviceError",
    message: "Cannot make device: kind is not supported: balloon",
  });
});

Deno.test("createDevice() gives each network card an address of its own", () => {
  const sockets = () => ({ request: () => {}, connect: () => {} });
  const macOf = (number: number, mac?: string) => {
    const options = {
      kind: "net",
      backend: "user",
      ...mac && { mac },
    } as const;
    const device = createDevice(options, { ...PARTS, sockets, number });
    assert.ok(device instanceof NetDevice);
    return device.mac.toHex();
  };
  assert.equal(macOf(0), "525400123456");
  assert.equal(macOf(1), "525400123457");
  assert.equal(macOf(1, "02:00:00:00:00:fF"), "0200000000ff");
});

Deno.test("createDevice() refuses networks that cannot be", () => {
  const sockets = () => ({ request: () => {}, connect: () => {} });
  const user = { kind: "net", backend: "user" } as const;
  const forward = { protocol: "tcp", hostPort: 1, guestPort: 1 } as const;
  const refused: [options: NetOptions, message: RegExp][] = [
    [{ ...user, mac: "02:00" }, /no address: 02:00/],
    [{ ...user, mac: "01:00:00:00:00:00" }, /not an address of one/],
    [{ ...user, forwards: [{ ...forward, hostPort: 65536 }] }, /no such port/],
    [{ ...user, forwards: [{ ...forward, guestPort: 0 }] }, /no such port/],
    [
      { ...user, forwards: [{ ...forward, hostAddress: "localhost" }] },
      /no such port/,
    ],
    [{ ...user, dump: "/no/such/folder" }, /Cannot write packets to \/no/],
  ];
  for (const [options, message] of refused) {
    assert.throws(() => createDevice(options, { ...PARTS, sockets }), {
      name: "DeviceError",
      message,
    });
  }
  assert.throws(() => createDevice(user, PARTS), {
    name: "DeviceError",
    message: "Cannot make device: there is no network here",
  });
});
