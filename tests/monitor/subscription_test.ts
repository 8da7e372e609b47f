import assert from "node:assert/strict";
import { EVENT_NAMES } from "../../monitor/events.ts";
import { Subscription, uniteInterests } from "../../monitor/subscription.ts";
import { hcallEvent, NOW } from "./_fake.ts";

Deno.test("Subscription.add() takes all events but floods if none is named", () => {
  const subscription = new Subscription();
  subscription.add({});
  assert.deepEqual(
    subscription.describe().events,
    EVENT_NAMES.filter((name) =>
      !["HCALL", "VIRTIO_NOTIFY", "VIRTIO_USED"].includes(name)
    ),
  );
  assert.equal(subscription.wants(hcallEvent("H_CEDE")), false);
});

Deno.test("Subscription filters HCALL by name", () => {
  const subscription = new Subscription();
  subscription.add({ events: ["HCALL"], hcalls: ["H_SET_MODE"] });
  assert.ok(subscription.wants(hcallEvent("H_SET_MODE")));
  assert.ok(!subscription.wants(hcallEvent("H_CEDE")));
  subscription.add({ hcalls: ["H_CEDE"] });
  assert.ok(subscription.wants(hcallEvent("H_CEDE")));
  assert.ok(!subscription.wants({ name: "STOP", data: {}, at: NOW }));
  subscription.add({ events: ["HCALL"] });
  assert.deepEqual(subscription.describe(), {
    events: ["HCALL"],
    hcalls: "all",
    virtio: [],
  });
  subscription.add({ hcalls: ["H_CEDE"] });
  assert.equal(subscription.describe().hcalls, "all");
});

Deno.test("Subscription.remove() takes away what is named, or all", () => {
  const subscription = new Subscription();
  subscription.add({ events: ["STOP", "RESET"], hcalls: ["H_CEDE"] });
  subscription.remove({ events: ["HCALL", "RESET"] });
  assert.deepEqual(subscription.describe(), {
    events: ["STOP"],
    hcalls: [],
    virtio: [],
  });
  subscription.remove({});
  assert.deepEqual(subscription.describe(), {
    events: [],
    hcalls: [],
    virtio: [],
  });
});

Deno.test("Subscription.add() bounds the list of hypercalls", () => {
  const subscription = new Subscription();
  const names = Array.from({ length: 200 }, (_, i) => `H_${i}`);
  subscription.add({ hcalls: names });
  subscription.add({ hcalls: names });
  const more = names.map((name) => `${name}_`);
  assert.throws(() => subscription.add({ hcalls: more }), { code: -32005 });
  assert.equal(subscription.describe().hcalls.length, 200);
});

Deno.test("uniteInterests() is what anybody wants", () => {
  const [a, b] = [new Subscription(), new Subscription()];
  assert.deepEqual(uniteInterests([a, b]), {
    events: [],
    hcalls: [],
    virtio: [],
  });
  a.add({ events: ["STOP"], hcalls: ["H_CEDE"] });
  b.add({ events: ["STOP", "RESET"] });
  assert.deepEqual(uniteInterests([a, b]), {
    events: ["HCALL", "RESET", "STOP"],
    hcalls: ["H_CEDE"],
    virtio: [],
  });
  b.add({ events: ["HCALL"] });
  assert.equal(uniteInterests([a, b]).hcalls, "all");
});

const used = (device: string, queue: number) => ({
  name: "VIRTIO_USED",
  data: { device, queue },
  at: NOW,
});

Deno.test("Subscription filters VIRTIO_ events by device and queue", () => {
  const subscription = new Subscription();
  subscription.add({ virtio: [{ device: "blk0", queue: 0 }] });
  assert.ok(subscription.wants(used("blk0", 0)));
  assert.ok(!subscription.wants(used("blk0", 1)));
  assert.ok(!subscription.wants({ name: "STOP", data: {}, at: NOW }));
  subscription.add({ events: ["VIRTIO_USED"], virtio: [{ device: "rng0" }] });
  assert.ok(subscription.wants(used("rng0", 5)));
  assert.ok(!subscription.wants(used("net0", 0)));
  subscription.add({ events: ["VIRTIO_RESET"] });
  assert.ok(subscription.wants(used("net0", 0)), "nothing is filtered now");
  assert.equal(subscription.describe().virtio, "all");
  subscription.remove({});
  assert.deepEqual(subscription.describe().virtio, []);
});

Deno.test("Subscription.add() bounds devices and queues, and then adds nothing", () => {
  const subscription = new Subscription();
  const virtio = (device: string) =>
    Array.from({ length: 200 }, (_, queue) => ({ device, queue }));
  subscription.add({ virtio: virtio("a") });
  assert.throws(
    () => subscription.add({ hcalls: ["H_CEDE"], virtio: virtio("b") }),
    { code: -32005 },
  );
  assert.deepEqual(subscription.describe().hcalls, []);
  assert.equal(subscription.describe().virtio.length, 200);
});

Deno.test("uniteInterests() unites devices and queues", () => {
  const [a, b] = [new Subscription(), new Subscription()];
  a.add({ virtio: [{ device: "blk0", queue: 1 }] });
  b.add({ virtio: [{ device: "blk0" }, { device: "rng0", queue: 0 }] });
  assert.deepEqual(uniteInterests([a, b]).virtio, [
    { device: "blk0" },
    { device: "rng0", queue: 0 },
  ]);
  b.add({ events: ["VIRTIO_RESET"] });
  assert.equal(uniteInterests([a, b]).virtio, "all");
});
