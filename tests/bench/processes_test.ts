import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { usageOf } from "../../bench/processes.ts";

const linux = Deno.build.os === "linux";
const skipped = linux ? "" : " [SKIPPED: needs Linux]";

Deno.test(
  `usageOf() counts the processes that a process has started${skipped}`,
  {
    ignore: !linux,
  },
  async () => {
    // The inner shell works until it is ended, the outer one waits for it.
    const outer = spawn(
      "sh",
      ["-c", "sh -c 'echo on; while :; do :; done'; :"],
      {
        detached: true,
        stdio: ["ignore", "pipe", "ignore"],
      },
    );
    const pid = outer.pid;
    assert(pid !== undefined);
    const ended = new Promise((resolve) => outer.on("exit", resolve));
    try {
      await new Promise((resolve) => outer.stdout?.once("data", resolve));
      const before = usageOf(pid).cpuSeconds;
      await new Promise((resolve) => setTimeout(resolve, 500));
      const { cpuSeconds, residentBytes, guestBytes } = usageOf(pid);
      assert(cpuSeconds > before, `${cpuSeconds}`);
      assert(residentBytes > 100_000, `${residentBytes}`);
      assert.equal(guestBytes, 0);
    } finally {
      // A negative number means the group, of which the outer shell is the first.
      Deno.kill(-pid, "SIGKILL");
      await ended;
    }
  },
);

Deno.test("usageOf() gives nothing for a process that is gone", () => {
  assert.deepEqual(usageOf(2 ** 30), {
    residentBytes: 0,
    guestBytes: 0,
    cpuSeconds: 0,
  });
});
