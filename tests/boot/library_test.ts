// Boots through the library, with the monitor's eyes: as a user's test would.
import assert from "node:assert/strict";
import { createMachine } from "../../mod.ts";
import {
  type Configuration,
  CONFIGURATIONS,
  nameOf,
} from "./configurations.ts";
import { BE, bootTest, LE, type TestGuest } from "./guests.ts";

/** The first platform of each processor. */
const PLATFORMS: readonly Configuration[] = ["power9", "power8"].flatMap(
  (cpu) => CONFIGURATIONS.filter((each) => each.cpu === cpu).slice(0, 1),
);

async function bootWithMonitor(
  guest: TestGuest,
  configuration: Configuration,
): Promise<void> {
  const little = guest.machine === "ppc64le";
  await using machine = await createMachine({
    ...await guest.load(),
    ...configuration,
    startPaused: true,
  });
  const events = machine.events({
    events: ["LPCR_CHANGE", "HCALL", "SHUTDOWN"],
    hcalls: ["H_SET_MODE"],
  });
  const interruptOrder = async () => {
    const [vcpu] = await machine.call("query-lpcr");
    return [vcpu?.fields.ILE, vcpu?.interruptByteOrder];
  };
  assert.deepEqual(await interruptOrder(), [0, "big"]);
  await machine.start();
  await machine.waitForConsole("READY-MARK");
  await machine.waitForConsole("# ");
  assert.deepEqual(
    await interruptOrder(),
    little ? [1, "little"] : [0, "big"],
  );
  await machine.type("uname -m\n");
  await machine.waitForConsole(new RegExp(`^${guest.machine}\r?$`, "m"));
  await machine.type("poweroff -f\n");
  assert.equal((await machine.waitForEnd()).reason, "power-off");

  const changes = [];
  const calls = [];
  for await (const { name, data } of events) {
    if (name === "LPCR_CHANGE") changes.push(data.changed);
    if (name === "HCALL") calls.push([data.name, data.args, data.result.name]);
    if (name === "SHUTDOWN") break;
  }
  assert.equal(changes.some((fields) => fields.includes("ILE")), little);
  const wanted = [
    "H_SET_MODE",
    { mflags: "0x1", resource: "0x4", value1: "0x0", value2: "0x0" },
    "H_SUCCESS",
  ];
  const seen = calls.filter(([, args]) =>
    (args as Record<string, string>).resource === "0x4"
  );
  assert.deepEqual(seen, little ? [wanted] : []);
}

for (const guest of [LE, BE]) {
  for (const configuration of PLATFORMS) {
    const name = `${guest.name} on ${nameOf(configuration)}`;
    bootTest(
      `createMachine() boots ${name} and the monitor sees its byte order`,
      guest,
      () => bootWithMonitor(guest, configuration),
    );
  }
}
