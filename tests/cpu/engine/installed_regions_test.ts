// How long regions are kept, and when they are not installed at all.
import assert from "node:assert/strict";
import { InstalledRegions } from "../../../cpu/engine/jit/installed.ts";
import { DecodedCode } from "./decoded_code.ts";
import { op } from "./programs.ts";

/** Bytes of WebAssembly that are kept at most. */
const MOST_BYTES = 48 * 2 ** 20;
/** A third of them does not fit thrice with any other. */
const LARGE = 20 * 2 ** 20;

function installedIn(code: DecodedCode): InstalledRegions {
  const { memory, layout, table, shared } = code;
  return new InstalledRegions({
    memory,
    layout,
    table,
    littleEndian: false,
    shared,
  });
}

Deno.test("InstalledRegions.install() has entries lead to the region, beside their handlers", () => {
  const code = new DecodedCode();
  const installed = installedIn(code);
  assert(installed.install(code.region([10, 20])));
  const slots = [10, 20].map((place) => code.slot(place));
  assert(slots.every((slot) => slot >= code.table.count), `${slots}`);
  assert.notEqual(slots[0], slots[1]);
  for (const slot of slots) {
    assert.equal(typeof code.handlers.get(slot), "function");
  }
  const word = op("ori", { RS: 0, RA: 0, UI: 0 });
  assert.equal(code.handler(10), code.table.decode(word, 10));
  assert.equal(code.slot(11), 0);
});

Deno.test("InstalledRegions.install() drops the oldest regions where there is too much code", () => {
  const code = new DecodedCode();
  const installed = installedIn(code);
  for (let place = 0; place < 100; place++) {
    installed.install(code.region([place], { wasmBytes: LARGE }));
    const kept = Array.from({ length: 100 }, (_, at) => at)
      .filter((at) => code.slot(at) !== 0);
    // The newest, as many as there is room for.
    const most = Math.floor(MOST_BYTES / LARGE);
    const first = Math.max(0, place + 1 - most);
    const expected = Array.from(
      { length: place + 1 - first },
      (_, i) => first + i,
    );
    assert.deepEqual(kept, expected);
  }
  // What is dropped is the interpreter's again, and nothing holds the module.
  const word = op("ori", { RS: 0, RA: 0, UI: 0 });
  assert.equal(code.handler(0), code.table.decode(word, 0));
  const { length } = code.handlers;
  const held = Array.from({ length }, (_, slot) => code.handlers.get(slot))
    .filter((handler) => handler !== null);
  assert.equal(held.length, 2);
});

Deno.test("InstalledRegions.install() takes places in the table again", () => {
  const code = new DecodedCode();
  const installed = installedIn(code);
  for (let i = 0; i < 5000; i++) {
    installed.install(code.region([i % 1024], { wasmBytes: LARGE }));
  }
  const slots = code.handlers.length - code.table.count;
  assert(slots <= 1024, `${slots}`);
});

Deno.test("InstalledRegions.install() drops the oldest regions where records have no bits for more", () => {
  const PAGES = 70;
  const code = new DecodedCode(PAGES);
  const installed = installedIn(code);
  const entries = Array.from({ length: 1024 }, (_, at) => at);
  for (let page = 0; page < PAGES; page++) {
    assert(installed.install(code.region(entries, { page })));
  }
  const slotsOf = (page: number) =>
    entries.map((at) => code.slot(1024 * page + at));
  const slots = Array.from({ length: PAGES }, (_, page) => slotsOf(page));
  const used = slots.flat().filter((slot) => slot !== 0);
  assert.equal(new Set(used).size, used.length, "each leads somewhere else");
  assert(Math.max(...used) < 0xffff);
  const whole = slots.map((page) => page.every((slot) => slot !== 0));
  assert.equal(slots[0]?.every((slot) => slot === 0), true);
  assert.equal(whole.at(-1), true);
  assert(whole.indexOf(true) < 10, "no more than it takes");
});

Deno.test("InstalledRegions.install() leaves a newer region where an old one was dropped", () => {
  const code = new DecodedCode();
  const installed = installedIn(code);
  installed.install(code.region([10], { wasmBytes: LARGE }));
  installed.install(code.region([10], { wasmBytes: LARGE }));
  const newer = code.slot(10);
  installed.install(code.region([20], { wasmBytes: LARGE }));
  assert.equal(code.slot(10), newer);
  assert.equal(typeof code.handlers.get(newer), "function");
});

Deno.test("InstalledRegions.install() refuses code that has changed meanwhile", () => {
  const changes: readonly ((code: DecodedCode) => void)[] = [
    (code) => code.decodeAgain(0),
    (code) => code.writeWord(20, op("addi", { RT: 3, RA: 3, SI: 1 })),
    (code) => code.giveBack(0),
  ];
  for (const change of changes) {
    const code = new DecodedCode();
    const installed = installedIn(code);
    const region = code.region([10, 20]);
    change(code);
    assert.equal(installed.install(region), false, `${change}`);
    assert.deepEqual([code.slot(10), code.slot(20)], [0, 0]);
  }
});

Deno.test("InstalledRegions.install() refuses a page that was decoded in the other byte order", () => {
  const code = new DecodedCode();
  const installed = installedIn(code);
  code.decodeLittleEndian(0);
  assert.equal(installed.install(code.region([10])), false);
  assert.equal(code.slot(10), 0);
});

Deno.test("InstalledRegions.drop() gives one way in back, and its place in the table once", () => {
  const code = new DecodedCode();
  const installed = installedIn(code);
  installed.install(code.region([10, 20], { wasmBytes: LARGE }));
  const [slot, other] = [code.slot(10), code.slot(20)];
  const place = installed.drop(slot);
  assert.equal((place ?? 0) % 1024, 10);
  assert.equal(code.slot(10), 0);
  assert.equal(code.slot(20), other);
  assert.equal(installed.drop(slot), undefined);
  installed.install(code.region([30], { wasmBytes: LARGE }));
  assert.equal(code.slot(30), slot);
  // The first region goes, and leaves alone what has its place now.
  installed.install(code.region([40], { wasmBytes: LARGE }));
  assert.equal(code.slot(20), 0);
  assert.equal(code.slot(30), slot);
  assert.equal(typeof code.handlers.get(slot), "function");
});
