import assert from "node:assert/strict";
import { MOCK_SETUPS } from "../../../virtio/mock_driver.ts";
import { MemoryBackend, random } from "../blk/_disk.ts";
import { lunOf, QUEUE, TestHost, WELL_KNOWN } from "./_host.ts";

/** Opcodes that do something, and some that do not. */
const OPCODES = [
  0x00,
  0x03,
  0x08,
  0x0a,
  0x12,
  0x1a,
  0x25,
  0x28,
  0x2a,
  0x35,
  0x41,
  0x42,
  0x5a,
  0x88,
  0x8a,
  0x91,
  0x93,
  0x9e,
  0xa0,
  0xa8,
  0xaa,
  0x15,
  0xff,
];

for (const setup of MOCK_SETUPS) {
  Deno.test(`ScsiDevice answers random commands when ${setup.name}`, () => {
    const seed = 7;
    const next = random(seed);
    const backend = new MemoryBackend(64);
    const host = new TestHost(setup, { backend });
    const luns = [
      lunOf(0, 0),
      lunOf(0, 0),
      lunOf(0, 1),
      lunOf(3, 0),
      WELL_KNOWN,
    ];
    const seen = new Set<number>();
    for (let round = 0; round < 1000; round++) {
      const block = [OPCODES[next(OPCODES.length)] ?? 0];
      // Small numbers, so that many of them mean something.
      while (block.length < 16) block.push(next(3) === 0 ? next(40) : 0);
      const bytes = next(4) === 0 ? next(3000) + 1 : 512 * (1 + next(40));
      const { response, status, residual, written } = host.command(block, {
        lun: luns[next(luns.length)] ?? lunOf(0, 0),
        ...[
          { out: [new Uint8Array(bytes).fill(round)] },
          { room: [bytes] },
          {},
        ][
          next(3)
        ],
      });
      const where = `seed ${seed}, round ${round}: ${block}`;
      assert.ok([0, 1, 3].includes(response), where);
      assert.ok(status === 0 || status === 2, where);
      assert.ok(residual <= bytes && written >= 108, where);
      seen.add(response * 4 + status);
    }
    assert.equal(host.driver.pci.core.broken, false);
    assert.deepEqual([...seen].sort(), [0, 12, 2, 4], "all outcomes were met");
  });

  Deno.test(`ScsiDevice survives random requests when ${setup.name}`, () => {
    const seed = 11;
    const next = random(seed);
    const host = new TestHost(setup);
    const { driver } = host;
    let broken = 0;
    for (let round = 0; round < 300; round++) {
      if (driver.pci.core.broken) {
        broken++;
        driver.start();
      }
      const queue = next(2) === 0 ? QUEUE.control : QUEUE.requests;
      const buffers = () =>
        Array.from({ length: next(3) }, () => 1 + next(200));
      const room = buffers();
      const out = buffers().map((length) =>
        Uint8Array.from({ length }, () => next(4) === 0 ? next(256) : 0)
      );
      if (room.length + out.length === 0) continue;
      driver.add(queue, driver.buffers({ out, room }));
      driver.kick(queue);
      driver.collect(queue);
    }
    assert.ok(broken > 10, `seed ${seed}: ${broken}`);
    driver.start();
    assert.equal(host.command([0x00]).status, 2);
  });
}
