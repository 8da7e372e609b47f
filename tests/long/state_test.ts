// Debian's kernel, saved and gone on with at many points of its boot.
import assert from "node:assert/strict";
import { CONFIGURATIONS, nameOf } from "../boot/configurations.ts";
import { Boot } from "../boot/driver.ts";
import { bootTest, DEBIAN } from "../boot/guests.ts";

const STEP = 100e6;

for (const configuration of CONFIGURATIONS) {
  const name = nameOf(configuration);
  bootTest(
    `Machine.restore() goes on with debian on ${name} from machine to machine`,
    DEBIAN,
    (files) => {
      const options = {
        ...configuration,
        clock: "instructions",
        memoryBytes: 256 * 2 ** 20,
      } as const;
      const straight = new Boot(files, options).toShell();
      let boot = new Boot(files, options);
      boot.machine.start();
      let text = "";
      // The shell's prompt is awaited in the last of the machines.
      const end = straight.machine.instructions() - STEP;
      for (let at = STEP; at < end; at += STEP) {
        boot.runUntil(() => boot.machine.instructions() >= at);
        const saved = structuredClone(boot.machine.save());
        text += boot.text;
        boot = new Boot(files, options);
        boot.machine.restore(saved);
        boot.machine.start();
      }
      boot.toShell();
      assert.equal(text + boot.text, straight.text);
    },
  );
}
