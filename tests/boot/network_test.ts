// A guest on the user network: real drivers, real sockets of the host.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { join } from "node:path";
import { withTempFolder } from "../guests/_temp_folder.ts";
import { fileOf, NetworkGuest, readAll, same } from "./_network.ts";
import { BE, bootTest, LE } from "./guests.ts";

const WEB = { protocol: "tcp", hostPort: 0, guestPort: 80 } as const;

/** The host's loopback, as the guest names it. */
const HOST = "10.0.2.2";

const FILE = fileOf(50e6);

for (
  const [guest, form, cpu] of [
    [BE, "legacy", "power8"],
    [LE, "modern", "power9"],
  ] as const
) {
  bootTest(
    `Linux ${guest.name} fetches 50 MB by a ${form} card and sends them back, byte for byte`,
    guest,
    async (files) => {
      const posted: Uint8Array[] = [];
      await using web = Deno.serve(
        { hostname: "127.0.0.1", port: 0, onListen() {} },
        async (request) => {
          if (request.method === "GET") return new Response(FILE);
          posted.push(await request.bytes());
          return new Response("taken");
        },
      );
      await using booted = await NetworkGuest.boot(files, {
        cpu,
        virtio: { form },
      });
      const url = `http://${HOST}:${web.addr.port}/file`;
      assert.equal(await booted.run(`wget -q -O /f ${url}; echo $?`), "0");
      const answer = await booted.run(`wget -q -O - --post-file=/f ${url}`);
      assert.equal(answer, "taken");
      assert.ok(posted.length === 1 && same(posted[0], FILE));
      const order = form === "legacy" ? "big" : "little";
      const [card] = await booted.machine.call("query-virtio");
      assert.equal(card?.byteOrder.order, order);
    },
  );
}

/** A DNS server that knows one name, and its port. */
async function serveNames(name: string, address: readonly number[]) {
  const socket = createSocket("udp4");
  const wanted = name.split(".")
    .map((label) => String.fromCharCode(label.length) + label).join("");
  socket.on("message", (query, { port, address: from }) => {
    const question = query.subarray(12);
    const knows = question.toString("latin1").startsWith(`${wanted}\0\0\x01`);
    const answer = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address];
    const header = [0x81, 0x80, 0, 1, 0, knows ? 1 : 0, 0, 0, 0, 0];
    const bytes = [...query.subarray(0, 2), ...header, ...question];
    socket.send(
      Uint8Array.from(knows ? [...bytes, ...answer] : bytes),
      port,
      from,
    );
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return {
    endpoint: { address: "127.0.0.1", port: socket.address().port },
    [Symbol.dispose]: () => void socket.close(),
  };
}

/** The frames in a dump, which must end with one. */
function framesIn(dump: Uint8Array): Uint8Array[] {
  const view = new DataView(dump.buffer);
  assert.equal(view.getUint32(0), 0xa1b2c3d4);
  const frames: Uint8Array[] = [];
  let at = 24;
  while (at < dump.length) {
    const length = view.getUint32(at + 8);
    frames.push(dump.subarray(at + 16, at + 16 + length));
    at += 16 + length;
  }
  assert.equal(at, dump.length);
  return frames;
}

bootTest(
  "Linux le gets its address and names, and serves forwarded ports",
  LE,
  (files) =>
    withTempFolder(async (folder) => {
      using names = await serveNames("janus.test", [192, 0, 2, 7]);
      const dump = join(folder, "packets.pcap");
      {
        await using booted = await NetworkGuest.boot(
          { ...files, append: `${files.append} ip=dhcp` },
          {
            net: {
              dump,
              dns: names.endpoint,
              forwards: [WEB, { ...WEB, protocol: "udp", guestPort: 53 }],
            },
          },
        );
        const lease = await booted.run("cat /proc/net/pnp; route -n");
        assert.match(lease, /^nameserver 10\.0\.2\.3$/m);
        assert.match(lease, /^0\.0\.0\.0 +10\.0\.2\.2 /m);
        const found = await booted.run("nslookup janus.test 10.0.2.3");
        assert.match(found, /^Address: 192\.0\.2\.7$/m);

        const [web, udp] = await forwardsOf(booted);
        await booted.run("echo Hello from the guest >/index.html; httpd -h /");
        const pages = await Promise.all(
          Array.from({ length: 30 }, () => get(web)),
        );
        assert.deepEqual(pages, Array(30).fill("Hello from the guest\n"));

        // It ends its direction alone, and gets an answer then.
        const sink = Deno.listen({ hostname: "127.0.0.1", port: 0 });
        const sunk = sink.accept().then(async (connection) => {
          const bytes = await readAll(connection);
          await connection.write(new TextEncoder().encode(`${bytes.length}\n`));
          connection.close();
        });
        const tail = `head -c 300000 /dev/zero | nc ${HOST} ${sink.addr.port}`;
        assert.equal(await booted.run(tail), "300000");
        await sunk;
        sink.close();

        // No program waits for it, which the guest's kernel counts.
        await send(udp, "a datagram");
        const counts = await booted.run("grep Udp: /proc/net/snmp");
        assert.match(counts, /^Udp: \d+ [1-9]/m);
      }
      const frames = framesIn(Deno.readFileSync(dump));
      const text = frames.map((frame) => Buffer.from(frame).toString("latin1"));
      for (
        const part of ["janus\x04test", "Hello from the guest", "a datagram"]
      ) {
        assert.ok(text.some((frame) => frame.includes(part)), part);
      }
    }),
);

bootTest(
  "Linux be reaches nothing from a restricted network, and is reached",
  BE,
  async (files) => {
    const calls: string[] = [];
    await using outside = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      ({ url }) => {
        calls.push(url);
        return new Response("secret");
      },
    );
    await using booted = await NetworkGuest.boot(files, {
      net: { restrict: true, forwards: [WEB] },
    });
    const { port } = outside.addr;
    const refused = await booted.run(`wget -O - http://${HOST}:${port}/ 2>&1`);
    assert.match(refused, /Connection refused/);
    const name = await booted.run("nslookup janus.test 10.0.2.3 2>&1");
    assert.match(name, /refused|unreachable|no servers/i);
    assert.match(await booted.run(`ping -c 1 ${HOST}`), /1 packets received/);
    assert.deepEqual(calls, []);
    const [web] = await forwardsOf(booted);
    await booted.run("echo From within >/index.html; httpd -h /");
    assert.equal(await get(web), "From within\n");
    // What is saved for a guest's next life does not reach into this one.
    await booted.machine.call("stop");
    const late = get(web);
    await booted.machine.call("cont");
    assert.equal(await late, "From within\n");
  },
);

async function forwardsOf(
  { machine }: NetworkGuest,
): Promise<[number, number]> {
  const [card] = await machine.call("query-net");
  const ports = card?.forwards.map(({ hostPort }) => hostPort) ?? [];
  return [ports[0] ?? 0, ports[1] ?? 0];
}

async function get(port: number): Promise<string> {
  const signal = AbortSignal.timeout(60_000);
  return await (await fetch(`http://127.0.0.1:${port}/`, { signal })).text();
}

async function send(port: number, text: string): Promise<void> {
  const socket = createSocket("udp4");
  await new Promise((resolve) => socket.send(text, port, "127.0.0.1", resolve));
  socket.close();
}
