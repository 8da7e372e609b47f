// The user network at length: all cards, many connections, hosts that stall.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { CONFIGURATIONS, nameOf } from "../boot/configurations.ts";
import { fileOf, NetworkGuest } from "../boot/_network.ts";
import { BE, bootTest, LE } from "../boot/guests.ts";

const HOST = "10.0.2.2";
const FILE = fileOf(50e6);
const MD5 = createHash("md5").update(FILE).digest("hex");
const MINUTES = 60_000;

const PLATFORMS = ["power8", "power9"].map((cpu) =>
  CONFIGURATIONS.find((each) => each.cpu === cpu)!
);

function serve(handler: Deno.ServeHandler) {
  const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
  return Deno.serve(options, handler);
}

for (const guest of [BE, LE]) {
  for (const form of ["legacy", "transitional", "modern"] as const) {
    for (const platform of PLATFORMS) {
      bootTest(
        `Linux ${guest.name} fetches 50 MB with the right md5 by a ${form} card on ${
          nameOf(platform)
        }`,
        guest,
        async (files) => {
          await using web = serve(() => new Response(FILE));
          await using booted = await NetworkGuest.boot(files, {
            ...platform,
            virtio: { form },
          });
          const url = `http://${HOST}:${web.addr.port}/`;
          const sum = await booted.run(`wget -q -O - ${url} | md5sum`, {
            timeout: 10 * MINUTES,
          });
          assert.equal(sum, `${MD5}  -`);
        },
      );
    }
  }
}

bootTest(
  "Linux le makes hundreds of connections, and none is left",
  LE,
  async (files) => {
    let served = 0;
    await using web = serve(() => new Response(`${++served}\n`));
    await using booted = await NetworkGuest.boot(files, {});
    const url = `http://${HOST}:${web.addr.port}/`;
    const lines = await booted.run(
      `for i in $(seq 20); do for j in $(seq 20); do wget -q -O - ${url} & done; wait; done`,
      { timeout: 10 * MINUTES },
    );
    const numbers = lines.match(/^\d+$/gm)?.map(Number) ?? [];
    assert.deepEqual(
      numbers.toSorted((a, b) => a - b),
      Array.from({ length: 400 }, (_, i) => i + 1),
    );
    // What is over answers for two more seconds.
    await booted.run("sleep 4");
    const [card] = await booted.machine.call("query-net");
    assert.deepEqual([card?.connections, card?.flows], [0, 0]);
  },
);

bootTest(
  "Linux be waits for a host that stalls, and is cut off by one that resets",
  BE,
  async (files) => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await using booted = await NetworkGuest.boot(files, {});
    const { port } = listener.addr;
    const slow = listener.accept().then(async (connection) => {
      for (const part of ["one ", "two ", "three"]) {
        await new Promise((resolve) => setTimeout(resolve, 4000));
        await connection.write(new TextEncoder().encode(part));
      }
      connection.close();
    });
    const command = `nc ${HOST} ${port} </dev/null`;
    assert.equal(await booted.run(command), "one two three");
    await slow;
    const cut = listener.accept().then((connection) => connection.close());
    // The guest's data has no reader any more: the host's answer is a reset.
    const sent = await booted.run(
      `(sleep 2; head -c 9000000 /dev/zero) | nc ${HOST} ${port}; echo ended`,
    );
    assert.match(sent, /ended$/);
    await cut;
    listener.close();
  },
);
