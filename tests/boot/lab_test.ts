// The bare-metal program that checks hypercalls, H_SET_MODE and interrupts.
import assert from "node:assert/strict";
import { LAB_DONE, labGuest } from "../../guests/lab.ts";
import { CONFIGURATIONS, nameOf } from "./configurations.ts";
import { Boot } from "./driver.ts";

for (const configuration of CONFIGURATIONS) {
  Deno.test(`Machine passes every check of lab on ${nameOf(configuration)}`, () => {
    const kernel = Deno.readFileSync(labGuest().kernel);
    const boot = new Boot(
      { kernel, append: "" },
      { ...configuration, memoryBytes: 256 * 2 ** 20 },
    );
    boot.machine.start();
    assert.equal(boot.end(), "power-off");
    const failed = boot.text.split(/\r?\n/).filter((line) =>
      line.startsWith("not ok")
    );
    assert.deepEqual(failed, []);
    const done = new RegExp(`^${LAB_DONE} (\\d+) passed, 0 failed`, "m");
    const [, passed] = done.exec(boot.text) ?? [];
    assert(Number(passed) > 80, boot.text.slice(-500));
    assert.match(boot.text, /^ok \d+ little-endian/m);
    assert.match(boot.text, /^ok \d+ big-endian/m);
  });
}
