import assert from "node:assert/strict";
import { VirtioFilter } from "../../monitor/virtio_filter.ts";

Deno.test("VirtioFilter.wants() goes by device and queue", () => {
  const filter = new VirtioFilter([
    { device: "blk0", queue: 1 },
    { device: "rng0" },
  ]);
  assert.ok(filter.wants({ device: "blk0", queue: 1 }));
  assert.ok(!filter.wants({ device: "blk0", queue: 0 }));
  assert.ok(filter.wants({ device: "blk0" }), "an event of the whole device");
  assert.ok(filter.wants({ device: "rng0", queue: 7 }));
  assert.ok(!filter.wants({ device: "net0" }));
});

Deno.test("VirtioFilter.places() names each once, all of a device for its queues", () => {
  const filter = new VirtioFilter();
  for (const queue of [2, 0, 2]) filter.add({ device: "blk0", queue });
  assert.equal(filter.size, 2);
  assert.deepEqual(filter.places(), [
    { device: "blk0", queue: 0 },
    { device: "blk0", queue: 2 },
  ]);
  filter.add({ device: "blk0" });
  filter.add({ device: "blk0", queue: 3 });
  filter.add({ device: "a" });
  assert.equal(filter.size, 2);
  assert.deepEqual(filter.places(), [{ device: "a" }, { device: "blk0" }]);
});
