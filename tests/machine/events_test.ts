import assert from "node:assert/strict";
import { EVENT_CLASS, powerDownEvent } from "../../machine/events.ts";

Deno.test("powerDownEvent() is an error log of version 6 with an EPOW section", () => {
  const event = powerDownEvent();
  const log = new DataView(
    event.log.buffer,
    event.log.byteOffset,
    event.log.length,
  );
  assert.equal(event.class, EVENT_CLASS.epow);
  assert.equal(log.getUint8(0), 6);
  assert.equal(log.getUint8(3), 0x40, "type: EPOW");
  assert.equal(log.getUint32(4), event.log.length - 8, "extended length");
  assert.equal(log.getUint32(20), 0x49424d00, "IBM");
  // Sections follow one another, each with its length, to the log's end.
  const sections: [string, number][] = [];
  let at = 24;
  while (at < event.log.length) {
    const name = String.fromCharCode(log.getUint8(at), log.getUint8(at + 1));
    sections.push([name, at]);
    at += log.getUint16(at + 2);
  }
  assert.equal(at, event.log.length);
  assert.deepEqual(sections.map(([name]) => name), ["PH", "UH", "EP"]);
  const epow = sections[2]?.[1] ?? 0;
  assert.equal(log.getUint8(epow + 8) & 15, 3, "action: system shutdown");
});
