// Debian's programs print under each engine what they print under QEMU.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { isDebianGuestObtainable } from "../../guests/debian.ts";
import { isDebianDiskCached } from "../../guests/debian_disk.ts";
import { CACHE } from "../boot/guests.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

const missing = await isDebianDiskCached(CACHE) ||
    await isDebianGuestObtainable()
  ? ""
  : " [SKIPPED, NO DEBIAN DISK: no apt with sources for ppc64el here]";

/** Runs the task; what it says is shown if it fails. */
async function task(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "programs", ...args],
    cwd: PROJECT,
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  const text = decoder.decode(stdout);
  assert.equal(code, 0, text + decoder.decode(stderr));
  assert.match(text, /All the same\.\n$/);
}

Deno.test({
  name: `Debian's programs print what they print under QEMU${missing}`,
  ignore: missing !== "",
  fn: () => task("--limit", "14400"),
});

Deno.test({
  name: `Python works for 10 minutes with the JIT as without${missing}`,
  ignore: missing !== "",
  fn: () => task("--soak", "600", "--alone", "--limit", "14400"),
});
