import assert from "node:assert/strict";
import type { MethodResult } from "../../monitor/methods/mod.ts";
import { findMethod } from "../../monitor/methods/mod.ts";
import { coloured } from "../../monitor/paint.ts";
import { chainDump, ringTable } from "../../monitor/ring_table.ts";

type Ring = MethodResult<"query-virtio-ring">;
type Queue = MethodResult<"query-virtio-queue">;

const ring = findMethod("query-virtio-ring")!.example.result as Ring;
const queue = findMethod("query-virtio-queue")!.example.result as Queue;

/** The example's ring with as many chains as wanted. */
function withChains(...progress: Ring["chains"][number]["progress"][]): Ring {
  const [first] = ring.chains;
  assert.ok(first);
  return {
    ...ring,
    chains: progress.map((state, id) => ({ ...first, id, progress: state })),
  };
}

Deno.test("ringTable() shows indexes and a line for each descriptor", () => {
  assert.deepEqual(ringTable(ring, { queue }), [
    "rng0 queue 0, requests: split ring of 2, read big-endian",
    "available: index 1, device has seen 0, 1 waiting",
    "used:      index 0, device has given 0",
    "",
    "chain  state    place  index    address  bytes",
    "    0  waiting      0      0  0x2a20000     64  device writes",
  ]);
});

Deno.test("ringTable() shows the last eight of those that are done, or all", () => {
  const done = Array.from({ length: 11 }, () => "done" as const);
  const many = withChains(...done, "taken", "waiting");
  const short = ringTable(many, { queue });
  assert.equal(short.at(-1), "3 older done, --all shows them");
  assert.match(short[5]!, /^ {4}3 {2}done/);
  const whole = ringTable(many, { queue, all: true });
  assert.match(whole[5]!, /^ {4}0 {2}done/);
  assert.equal(whole.length, short.length + 3 - 1);
});

Deno.test("ringTable() colours by how far a chain is, and problems", () => {
  const chains = withChains("waiting", "taken", "done").chains;
  const problem = "the chain loops";
  const lines = ringTable({
    ...ring,
    chains: [
      chains[0]!,
      { ...chains[1]!, problem },
      // Its memory may be used otherwise by now.
      { ...chains[2]!, problem },
    ],
  }, { queue, paint: coloured });
  assert.deepEqual(
    // deno-lint-ignore no-control-regex -- escapes are what is looked for
    lines.slice(5).map((line) => /^\x1b\[(\d+)m.*\x1b\[0m$/.exec(line)?.[1]),
    ["33", "36", "31", "2"],
  );
  assert.match(lines.at(-2)!, /the chain loops/);
});

Deno.test("chainDump() shows addresses, bytes and characters", () => {
  const data = new TextEncoder().encode("Hello, ring number 7").toBase64();
  const lines = chainDump([
    { address: "0x1000", length: 24, write: false, data },
    { address: "0x9000", length: 1, write: true, data: null },
  ]);
  assert.deepEqual(lines, [
    "0x1000, 24 bytes, device reads",
    "  00001000  48 65 6c 6c 6f 2c 20 72 69 6e 67 20 6e 75 6d 62  Hello, ring numb",
    "  00001010  65 72 20 37                                      er 7",
    "  4 more bytes",
    "0x9000, 1 bytes, device writes: no memory is there",
  ]);
});
