// Debian's user space boots from its disk and computes what it does elsewhere.
import assert from "node:assert/strict";
import { ToolMissingError } from "../../guests/command.ts";
import { isDebianGuestObtainable } from "../../guests/debian.ts";
import {
  isDebianDiskCached,
  prepareDebianDisk,
} from "../../guests/debian_disk.ts";
import { checkDiskTools } from "../../guests/disk_image.ts";
import { janus } from "../../programs/emulators.ts";
import { runPrograms } from "../../programs/run.ts";
import { PROGRAMS, soakProgram } from "../../programs/table.ts";
import { complaints } from "../../programs/verdict.ts";
import { CACHE } from "../boot/guests.ts";

/** What Python 3.11 prints of the first round, under QEMU and on x86-64 alike. */
const FIRST_ROUND =
  "0 30d314548e7c2832fcac4c49aeaa20c8b17108df164134fa085409834b178fe6\n";

async function whyNot(): Promise<string> {
  try {
    await checkDiskTools();
  } catch (error) {
    if (error instanceof ToolMissingError) {
      return ` [SKIPPED: ${error.program} IS NOT INSTALLED]`;
    }
    throw error;
  }
  return await isDebianDiskCached(CACHE) || await isDebianGuestObtainable()
    ? ""
    : " [SKIPPED, NO DEBIAN DISK: no apt with sources for ppc64el here]";
}

const missing = await whyNot();

Deno.test({
  name:
    `Debian's OpenSSL and Python run from the disk, and leave it clean${missing}`,
  ignore: missing !== "",
  fn: async () => {
    const guest = await prepareDebianDisk({
      cacheDir: CACHE,
      signal: AbortSignal.timeout(600_000),
    });
    const keys = PROGRAMS.find(({ name }) => name === "openssl-keys")!;
    const python = soakProgram({ rounds: 1 });
    const run = await runPrograms(janus("interpreter"), {
      guest,
      programs: [python, keys],
      limitSeconds: 900,
      countFloat: false,
      signal: AbortSignal.timeout(900_000),
      onBegin: () => {},
    });
    assert.equal(run.outcomes.get(python.name)?.output, FIRST_ROUND);
    const { output, status } = run.outcomes.get(keys.name)!;
    assert.equal(status, 0, output);
    assert.equal(output.match(/Signature Verified Successfully/g)?.length, 6);
    assert.equal(output.match(/both sides agree/g)?.length, 2);
    assert.match(output, /\) is prime\n.*\) is not prime\n$/);
    assert.deepEqual(complaints(run), []);
  },
});
