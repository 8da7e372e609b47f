import assert from "node:assert/strict";
import {
  createDevice,
  type DeviceMakers,
  type DeviceParts,
} from "../../../machine/virtio/create_device.ts";
import {
  checkDeviceOptions,
  deviceNames,
  type DeviceOptions,
} from "../../../machine/virtio/options.ts";
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
