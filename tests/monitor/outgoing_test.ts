import assert from "node:assert/strict";
import { InFlight } from "../../monitor/in_flight.ts";
import { Outgoing } from "../../monitor/outgoing.ts";
import { NOW } from "./_fake.ts";
import { eventually, soon } from "./_raw.ts";

const LIMITS = { pauseReading: 20, dropEvents: 50, outgoing: 100, stall: 5000 };

/** An Outgoing whose writes wait until the test lets them through. */
function gated(limits = LIMITS) {
  const written: string[] = [];
  const failures: string[] = [];
  let gate = Promise.withResolvers<void>();
  const outgoing = new Outgoing({
    write: async (messages) => {
      await gate.promise;
      written.push(...messages);
    },
    onFailure: (reason) => failures.push(reason),
    limits,
  });
  return {
    outgoing,
    written,
    failures,
    open: () => gate.resolve(),
    breakDown: () => {
      gate.reject(new Error("Broken pipe"));
      gate = Promise.withResolvers<void>();
    },
  };
}

Deno.test("Outgoing sends answers in their order", async () => {
  const { outgoing, written, open } = gated();
  outgoing.send("a");
  outgoing.send("b");
  open();
  outgoing.send("c");
  await soon(outgoing.flush());
  assert.deepEqual(written, ["a", "b", "c"]);
});

Deno.test("Outgoing.room() waits until little is queued", async () => {
  const { outgoing, open } = gated();
  await outgoing.room();
  outgoing.send("x".repeat(21));
  let roomy = false;
  const room = outgoing.room().then(() => roomy = true);
  await Promise.resolve();
  assert.equal(roomy, false);
  open();
  await soon(room);
});

Deno.test("Outgoing drops events that do not fit and says how many", async () => {
  const { outgoing, written, failures, open } = gated({
    ...LIMITS,
    outgoing: 400,
  });
  outgoing.sendEvent("e".repeat(30), NOW);
  outgoing.sendEvent("f".repeat(30), NOW);
  outgoing.sendEvent("g".repeat(30), NOW);
  outgoing.send("answer");
  open();
  await soon(outgoing.flush());
  assert.deepEqual(written.slice(0, 2), ["e".repeat(30), "answer"]);
  const dropped = JSON.parse(written[2]!);
  assert.equal(dropped.params.name, "DROPPED");
  assert.deepEqual(dropped.params.data, { count: 2 });
  assert.deepEqual(failures, []);
});

Deno.test("Outgoing drops the oldest events that wait, and no answer", async () => {
  const { outgoing, written, open } = gated({
    ...LIMITS,
    dropEvents: 100,
    outgoing: 400,
  });
  for (const letter of "abcd") {
    outgoing.sendEvent(letter.repeat(30), NOW);
    outgoing.send(letter.toUpperCase());
  }
  outgoing.sendEvent("e".repeat(30), NOW);
  open();
  await soon(outgoing.flush());
  const dropped = JSON.parse(written[4]!);
  assert.deepEqual(dropped.params.data, { count: 2 }, "b and c");
  assert.deepEqual(
    written.toSpliced(4, 1).map((text) => text.slice(0, 1)),
    ["a", "A", "B", "C", "d", "D", "e"],
  );
});

Deno.test("Outgoing holds no more for a flood that nobody reads", async () => {
  const { outgoing, written, open } = gated({
    ...LIMITS,
    dropEvents: 100,
    outgoing: 400,
  });
  for (let i = 0; i < 20_000; i++) outgoing.sendEvent(`event ${i}`, NOW);
  open();
  await soon(outgoing.flush());
  assert.equal(written[0], "event 0", "it was on its way");
  assert.equal(written.at(-1), "event 19999");
  const { count } = JSON.parse(written[1]!).params.data;
  assert.equal(count + written.length - 1, 20_000);
});

Deno.test("Outgoing reports dropped events before the next one", async () => {
  const { outgoing, written, open } = gated({
    ...LIMITS,
    dropEvents: 300,
    outgoing: 900,
  });
  outgoing.sendEvent("e".repeat(290), NOW);
  outgoing.sendEvent("f".repeat(290), NOW);
  open();
  await soon(outgoing.flush());
  outgoing.sendEvent("later", NOW);
  await soon(outgoing.flush());
  assert.equal(written.length, 3);
  assert.match(written[1]!, /"DROPPED"/);
  assert.equal(written[2], "later");
});

Deno.test("Outgoing gives up a client that lets answers pile up", async () => {
  const { outgoing, written, failures } = gated();
  outgoing.send("x".repeat(60));
  assert.deepEqual(failures, []);
  outgoing.send("x".repeat(60));
  assert.deepEqual(failures, ["it does not read its answers"]);
  outgoing.send("too late");
  outgoing.fail("again");
  await soon(Promise.all([outgoing.room(), outgoing.flush()]));
  assert.equal(failures.length, 1);
  assert.deepEqual(written, []);
});

Deno.test("Outgoing gives up a client whose write hangs or breaks", async () => {
  const stalled = gated({ ...LIMITS, stall: 10 });
  stalled.outgoing.send("x");
  await eventually(() => stalled.failures.length > 0);
  assert.deepEqual(stalled.failures, ["it does not read"]);
  stalled.open();
  const broken = gated();
  broken.outgoing.send("x");
  broken.breakDown();
  await eventually(() => broken.failures.length > 0);
  assert.deepEqual(broken.failures, ["it is gone"]);
});

Deno.test("InFlight lets callers in in their order", async () => {
  const inFlight = new InFlight(2);
  const order: string[] = [];
  const enter = (name: string, weight: number) =>
    inFlight.enter(weight).then(() => order.push(name));
  await enter("a", 1);
  const both = enter("both", 2);
  const last = enter("last", 1);
  await Promise.resolve();
  assert.deepEqual(order, ["a"], "nobody overtakes the heavy one");
  inFlight.leave(1);
  await both;
  assert.deepEqual(order, ["a", "both"]);
  inFlight.leave(2);
  await last;
  const settled = inFlight.settle();
  inFlight.leave(1);
  await soon(settled);
});
