import assert from "node:assert/strict";
import { EntropyDevice } from "../../machine/virtio/entropy_device.ts";
import { TestDevice } from "../../machine/pci/test_device.ts";
import { MachineUnderTest, programImage, SET_MODE_LE } from "./_machine.ts";

const kernel = programImage(SET_MODE_LE);

Deno.test("query-pci shows an empty bus with its windows", async () => {
  const guest = new MachineUnderTest({ kernel });
  const { functions, windows, dmaWindows } = await guest.call("query-pci");
  assert.deepEqual(functions, []);
  assert.deepEqual(windows.map(({ name, address }) => [name, address]), [
    ["io", "0x200000000000"],
    ["memory32", "0x200080000000"],
    ["memory64", "0x210000000000"],
  ]);
  assert.equal(dmaWindows.length, 1);
});

Deno.test("query-pci shows what is in which slot", async () => {
  const guest = new MachineUnderTest({ kernel });
  const { machine } = guest;
  machine.virtio.add(new EntropyDevice(), { name: "dice", slot: 3 });
  machine.pci.add({
    name: "probe",
    face: new TestDevice(),
    msiVectors: 2,
    pin: 4,
  });
  machine.reset();
  machine.pci.find(0, 3 << 3)?.writeConfig(4, 2, 0x406);
  const { functions } = await guest.call("query-pci");
  const [probe, dice] = functions;
  assert.deepEqual([probe?.device, probe?.slot], ["probe", 0]);
  assert.deepEqual(probe?.messages.map(({ kind }) => kind), ["msi", "msix"]);
  assert.deepEqual(probe?.pin, {
    name: "INTD",
    source: 0x1203,
    asserted: false,
  });
  assert.deepEqual([dice?.device, dice?.slot], ["dice", 3]);
  assert.deepEqual([dice?.vendor, dice?.deviceId], ["0x1af4", "0x1005"]);
  assert.deepEqual(dice?.command, [
    "memory",
    "bus-master",
    "interrupt-disable",
  ]);
  const tree = await guest.call("query-device-tree", {
    path: `/pci/${dice?.node}`,
  });
  assert.deepEqual(tree.properties["vendor-id"], { cells: ["0x1af4"] });
});
