// Several vCPUs, for long.
import assert from "node:assert/strict";
import { HeldVcpu } from "../../cpu/threads/held_vcpu.ts";
import { CONFIGURATIONS, nameOf } from "../boot/configurations.ts";
import { Boot } from "../boot/driver.ts";
import { BE, bootTest, DEBIAN, LE } from "../boot/guests.ts";
import { PARALLEL_FORKS } from "../boot/workloads.ts";
import { ThreadBench } from "../cpu/threads/_bench.ts";
import { ALLOWED, count, FORBIDDEN } from "../cpu/threads/_litmus.ts";

const MILLION = 1_000_000;

/** What the detectors of a kernel say. */
const COMPLAINT = /lockup|LOCKUP|detected stall|blocked for more than|BUG:/;

Deno.test("vCPUs in threads see nothing that is forbidden in a million runs each", async (t) => {
  using bench = new ThreadBench({ vcpus: 4 });
  for (const litmus of FORBIDDEN) {
    await t.step(`${litmus.name}, a million runs`, () => {
      assert.equal(count(bench, litmus, MILLION), 0);
    });
  }
  // The tests can see what is not forbidden, or they would prove nothing.
  await t.step(`${ALLOWED.name} is seen`, () => {
    assert.ok(count(bench, ALLOWED, MILLION) > 0);
  });
});

for (const guest of [LE, BE, DEBIAN]) {
  for (const configuration of CONFIGURATIONS) {
    for (const accelerator of ["inline", "threads"] as const) {
      for (const vcpus of [2, 4, 8]) {
        bootTest(
          `${guest.name} boots everything on threads and in turn: ` +
            `${accelerator}, ${vcpus} vCPUs, ${nameOf(configuration)}`,
          guest,
          (files) => {
            using boot = new Boot(files, {
              ...configuration,
              accelerator,
              vcpus,
              memoryBytes: 2 ** 30,
            }).toShell();
            const found = boot.run("grep -c ^processor /proc/cpuinfo");
            assert.equal(found, `${vcpus}`);
            assert.equal(boot.run(PARALLEL_FORKS), "forks: 100");
            assert.doesNotMatch(boot.text, COMPLAINT);
          },
        );
      }
    }
  }
}

bootTest(
  "Debian's kernel runs on threads and tells of a vCPU that stands still",
  DEBIAN,
  (files) => {
    using boot = new Boot(files, {
      cpu: "power9",
      mmu: "radix",
      interruptController: "xive",
      accelerator: "threads",
      vcpus: 2,
      memoryBytes: 2 ** 30,
    }).toShell();
    const { memory, layout } = boot.machine.accelerator;
    const { hold } = new HeldVcpu(memory, layout, 1);
    hold.acquire();
    boot.runUntil(() => COMPLAINT.test(boot.text), {
      seconds: 90,
      what: "a complaint",
    });
    hold.release();
  },
);

bootTest(
  "Debian's kernel works for 10 minutes on four threads without complaint",
  DEBIAN,
  (files) => {
    using boot = new Boot(files, {
      cpu: "power9",
      mmu: "radix",
      interruptController: "xive",
      accelerator: "threads",
      vcpus: 4,
      memoryBytes: 2 ** 30,
    }).toShell();
    // Forks, pipes, mappings of new programs, and signals, all at once.
    boot.type(
      "for i in 1 2 3 4 5 6; do (while :; do" +
        " seq 2000 | sort -n | tail -1 > /dev/null;" +
        " sleep 100 & kill $!; wait $! 2> /dev/null;" +
        " /bin/sh -c 'cat /proc/self/maps' > /dev/null; done) & done\n",
    );
    const end = performance.now() + 600_000;
    boot.runUntil(
      () => performance.now() > end || COMPLAINT.test(boot.text),
      { seconds: 660 },
    );
    assert.doesNotMatch(boot.text, COMPLAINT);
  },
);
