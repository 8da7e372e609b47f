import assert from "node:assert/strict";
import { EventStream } from "../../monitor/event_stream.ts";
import { hcallEvent, NOW } from "./_fake.ts";

Deno.test("EventStream drops the oldest events of a reader that is too slow", async () => {
  const stream = new EventStream(
    { events: ["HCALL"] },
    () => Promise.resolve(),
  );
  for (let i = 0; i <= 65_536; i++) stream.push(hcallEvent(`H_${i}`));
  const first = (await stream.next()).value;
  assert.deepEqual(first, {
    name: "DROPPED",
    data: { count: 32_768 },
    at: NOW,
  });
  const second = (await stream.next()).value;
  assert.equal(second.data.name, "H_32768");
});

Deno.test("EventStream gives what waits before it ends", async () => {
  const stream = new EventStream(
    { events: ["HCALL"] },
    () => Promise.resolve(),
  );
  stream.push(hcallEvent("H_CEDE"));
  stream.end();
  stream.push(hcallEvent("H_PROD"));
  assert.equal((await stream.next()).done, false);
  assert.equal((await stream.next()).done, true);
});
