import assert from "node:assert/strict";
import type { Input } from "../../emulator/input_log.ts";
import { NetworkInput } from "../../emulator/network_input.ts";
import type { HostEvent } from "../../virtio/net/user/host_sockets.ts";

type Message = Parameters<NetworkInput["push"]>[0];

function opened(device: string, socket: number): Message {
  return { kind: "network", device, event: { kind: "tcp-open", socket } };
}

Deno.test("NetworkInput.feed() tells each device of its own events, in order", () => {
  const taken: Message[] = [];
  const network = new NetworkInput((message) => taken.push(message));
  const heard: [string, HostEvent][] = [];
  for (const device of ["net0", "net1"]) {
    network.connect(device, (event) => heard.push([device, event]));
  }
  const messages = [opened("net1", 1), opened("net0", 3), opened("net1", 5)];
  for (const message of messages) network.push(message);
  assert.deepEqual([heard, taken], [[], []]);
  const recorded: Input[] = [];
  network.feed((input) => recorded.push(input));
  assert.deepEqual(
    heard,
    messages.map(({ device, event }) => [device, event]),
  );
  assert.deepEqual(recorded, messages);
  assert.deepEqual(taken, messages);
  network.feed(() => assert.fail());
});

Deno.test("NetworkInput.feed() leaves what comes meanwhile for the next time", () => {
  const network = new NetworkInput(() => {});
  const sockets: number[] = [];
  network.connect("net0", (event) => {
    if (!("socket" in event)) return;
    sockets.push(event.socket);
    if (event.socket < 9) network.push(opened("net0", event.socket + 2));
  });
  network.push(opened("net0", 1));
  network.feed(() => {});
  assert.deepEqual(sockets, [1]);
  network.feed(() => {});
  assert.deepEqual(sockets, [1, 3]);
});
