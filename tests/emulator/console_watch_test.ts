import assert from "node:assert/strict";
import { ConsoleWatch } from "../../emulator/console_watch.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const SOON = { milliseconds: 1000 };

Deno.test("ConsoleWatch.wait() gives what was printed up to the text", async () => {
  const watch = new ConsoleWatch();
  watch.add(encode("boot\r\nREADY"));
  const first = watch.wait("READY-MARK", SOON);
  watch.add(encode("-MARK\r\n/ # "));
  assert.equal(await first, "boot\r\nREADY-MARK");
  assert.equal(await watch.wait(/#\s/, SOON), "\r\n/ # ");
  assert.equal(watch.text, "boot\r\nREADY-MARK\r\n/ # ");
});

Deno.test("ConsoleWatch.wait() finds a text again only if it is printed again", async () => {
  const watch = new ConsoleWatch();
  watch.add(encode("# "));
  await watch.wait("# ", SOON);
  await assert.rejects(
    watch.wait("# ", { milliseconds: 20 }),
    /^Error: Cannot find "# " on the console: not printed within 20 ms; it ends with ""$/,
  );
  watch.add(encode("# "));
  await watch.wait("# ", SOON);
});

Deno.test("ConsoleWatch serves several who wait, in their order", async () => {
  const watch = new ConsoleWatch();
  const both = Promise.all([watch.wait("a", SOON), watch.wait(/b/g, SOON)]);
  watch.add(encode("b a b"));
  assert.deepEqual(await both, ["b a", " b"]);
});

Deno.test("ConsoleWatch decodes characters that are cut in two", async () => {
  const watch = new ConsoleWatch();
  const [first = 0, second = 0] = encode("é");
  watch.add(Uint8Array.of(first));
  watch.add(Uint8Array.of(second));
  assert.equal(await watch.wait("é", SOON), "é");
});

Deno.test("ConsoleWatch.wait() fails when the guest has ended, but finds what was printed", async () => {
  const watch = new ConsoleWatch();
  const waiting = watch.wait("never", SOON);
  watch.add(encode("last words"));
  watch.close(new Error("guest has ended: power-off"));
  await assert.rejects(waiting, /guest has ended: power-off.*last words/);
  assert.equal(await watch.wait("words", SOON), "last words");
  await assert.rejects(watch.wait("more", SOON), /guest has ended/);
});

Deno.test("ConsoleWatch forgets what scrolled by long ago", async () => {
  const watch = new ConsoleWatch();
  const line = encode("x".repeat(1 << 20));
  for (let i = 0; i < 9; i++) watch.add(line);
  assert.ok(watch.text.length <= 8 << 20);
  watch.add(encode("end"));
  assert.match(await watch.wait("end", SOON), /xend$/);
});
