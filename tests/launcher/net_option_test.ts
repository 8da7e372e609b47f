import assert from "node:assert/strict";
import { net } from "../../launcher/net_option.ts";

Deno.test("net() reads what a user network can have", () => {
  assert.deepEqual(net("user"), { kind: "net", backend: "user" });
  const text = "user,restrict,forward=tcp:8080:80,forward=udp:0.0.0.0:0:53," +
    "mac=52:54:00:aa:bb:cc,virtio=legacy";
  assert.deepEqual(net(text), {
    kind: "net",
    backend: "user",
    restrict: true,
    forwards: [
      { protocol: "tcp", hostPort: 8080, guestPort: 80 },
      {
        protocol: "udp",
        hostAddress: "0.0.0.0",
        hostPort: 0,
        guestPort: 53,
      },
    ],
    mac: "52:54:00:aa:bb:cc",
    form: "legacy",
  });
});

Deno.test("net() refuses what there is not", () => {
  const refused: [text: string, message: RegExp][] = [
    ["tap", /^use user$/],
    ["user,slow", /^behind a comma it takes restrict, forward=, mac=, /],
    ["user,restrict=1", /^restrict takes no value$/],
    ["user,forward=sctp:1:2", /^for forward, use tcp:HOSTPORT:GUESTPORT/],
    ["user,forward=tcp:1", /^for forward, use tcp:HOSTPORT:GUESTPORT/],
    ["user,forward=tcp:70000:1", /^for forward, there is no port 70000$/],
    ["user,forward=tcp:1:0", /^for forward, there is no port 0$/],
    ["user,forward=tcp:1.2.3:1:1", /^for forward, there is no address 1.2.3$/],
    ["user,mac=53:54:00:12:34:56", /^for mac, use an address such as /],
    ["user" + ",forward=tcp:0:1".repeat(65), /^forward at most 64 ports$/],
  ];
  for (const [text, message] of refused) {
    assert.throws(() => net(text), { name: "SyntaxError", message });
  }
});
