import assert from "node:assert/strict";
import { typedConsole } from "../../../machine/virtio/typed_console.ts";
import { ConsoleDevice } from "../../../virtio/console/device.ts";
import { EntropyDevice } from "./entropy_device.ts";

Deno.test("typedConsole() is the terminal that the last console= names", () => {
  const make = () =>
    new ConsoleDevice({ console: { write: () => true }, defer: () => {} });
  const [early, late] = [make(), make()];
  const devices = [
    { device: late, fn: { slot: 3 } },
    { device: new EntropyDevice(), fn: { slot: 2 } },
    { device: early, fn: { slot: 1 } },
  ] as unknown as Parameters<typeof typedConsole>[1];
  const typed = (bootargs: string) => typedConsole(bootargs, devices);
  assert.equal(typed(""), undefined);
  assert.equal(typed("console=hvc0"), undefined);
  assert.equal(typed("console=hvc1"), early.ports[0]);
  assert.equal(typed("quiet console=hvc2,9600 rw"), late.ports[0]);
  assert.equal(typed("console=hvc1 console=hvc0"), undefined);
  assert.equal(typed("console=hvc0 console=hvc1"), early.ports[0]);
  assert.equal(typed("console=hvc3"), undefined, "there is no such one");
  assert.equal(typed("xconsole=hvc1 console=hvc1x"), undefined);
});
