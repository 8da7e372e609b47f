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
  });
  subscription.add({ hcalls: ["H_CEDE"] });
  assert.equal(subscription.describe().hcalls, "all");
});

Deno.test("Subscription.remove() takes away what is named, or all", () => {
  const subscription = new Subscription();
  subscription.add({ events: ["STOP", "RESET"], hcalls: ["H_CEDE"] });
  subscription.remove({ events: ["HCALL", "RESET"] });
  assert.deepEqual(subscription.describe(), { events: ["STOP"], hcalls: [] });
  subscription.remove({});
  assert.deepEqual(subscription.describe(), { events: [], hcalls: [] });
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
  assert.deepEqual(uniteInterests([a, b]), { events: [], hcalls: [] });
  a.add({ events: ["STOP"], hcalls: ["H_CEDE"] });
  b.add({ events: ["STOP", "RESET"] });
  assert.deepEqual(uniteInterests([a, b]), {
    events: ["HCALL", "RESET", "STOP"],
    hcalls: ["H_CEDE"],
  });
  b.add({ events: ["HCALL"] });
  assert.equal(uniteInterests([a, b]).hcalls, "all");
});
