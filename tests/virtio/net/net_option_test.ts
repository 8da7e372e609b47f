import assert from "node:assert/strict";
import { parseNetOption } from "../../../virtio/net/net_option.ts";

Deno.test("parseNetOption() reads what a user network can have", () => {
  assert.deepEqual(parseNetOption("user"), {
    kind: "user",
    restrict: false,
    forwards: [],
  });
  const text = "user,restrict,forward=tcp:8080:80,forward=tcp:0:22";
  assert.deepEqual(parseNetOption(text), {
    kind: "user",
    restrict: true,
    forwards: [
      { hostPort: 8080, guestPort: 80 },
      { hostPort: 0, guestPort: 22 },
    ],
  });
});

Deno.test("parseNetOption() refuses what there is not", () => {
  const refused: [text: string, error: RegExp][] = [
    ["tap", /^SyntaxError: Cannot make a network: not "user": tap$/],
    ["user,slow", /^SyntaxError: .*no such setting: slow$/],
    ["user,forward=udp:1:2", /^SyntaxError: .*not "tcp": udp$/],
    ["user,forward=tcp:1", /^SyntaxError: .*not tcp:HOSTPORT:GUESTPORT/],
    ["user,forward=tcp:70000:1", /^RangeError: .*no such port/],
    ["user,forward=tcp:1:0", /^RangeError: .*no such port/],
    ["user" + ",forward=tcp:0:1".repeat(65), /^RangeError: .*more than 64/],
  ];
  for (const [text, error] of refused) {
    assert.throws(() => parseNetOption(text), error);
  }
});
