// Boots on two engines that must do the same, on every platform.
import assert from "node:assert/strict";
import { CONFIGURATIONS, nameOf } from "../boot/configurations.ts";
import { Boot } from "../boot/driver.ts";
import { BE, bootTest, DEBIAN, LE } from "../boot/guests.ts";

const INSTRUCTIONS = 200e6;

for (const guest of [DEBIAN, LE, BE]) {
  for (const configuration of CONFIGURATIONS) {
    bootTest(
      `Machine boots ${guest.name} on ${
        nameOf(configuration)
      } alike with interpreter and JIT for ${
        INSTRUCTIONS / 1e6
      } million instructions`,
      guest,
      (files) => {
        const boot = new Boot(files, {
          ...configuration,
          engine: "both",
          jitThreshold: 1,
          clock: "instructions",
          memoryBytes: 256 * 2 ** 20,
        });
        boot.machine.start();
        // Patience is for what makes no progress.
        for (let at = 0; at < INSTRUCTIONS; at += INSTRUCTIONS / 100) {
          boot.runUntil(() => boot.machine.instructions() >= at);
        }
      },
    );
  }
}

/** Of these, nearly every one runs in a region that was made for it. */
const AHEAD = 16e6;

for (const guest of [LE, BE]) {
  for (const configuration of CONFIGURATIONS) {
    bootTest(
      `Machine boots ${guest.name} on ${
        nameOf(configuration)
      } alike with interpreter and regions of all that it meets for ${
        AHEAD / 1e6
      } million instructions`,
      guest,
      (files) => {
        const boot = new Boot(files, {
          ...configuration,
          engine: "both",
          jitThreshold: 0,
          clock: "instructions",
          memoryBytes: 256 * 2 ** 20,
        });
        boot.machine.start();
        for (let at = 0; at < AHEAD; at += AHEAD / 100) {
          boot.runUntil(() => boot.machine.instructions() >= at);
        }
        const regions = boot.machine.engineView?.counter(
          0,
          "REGION_INSTRUCTIONS",
        );
        assert(regions !== undefined && regions > AHEAD / 2, `${regions}`);
      },
    );
  }
}
