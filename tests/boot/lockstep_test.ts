// The beginning of a boot on two engines that must do the same; the whole of
// it is in tests/long.
import { Boot } from "./driver.ts";
import { DEFAULT_CONFIGURATION } from "./configurations.ts";
import { BE, bootTest, LE } from "./guests.ts";

const INSTRUCTIONS = 8e6;

for (const guest of [LE, BE]) {
  bootTest(
    `Machine boots ${guest.name} alike with interpreter and JIT for ${
      INSTRUCTIONS / 1e6
    } million instructions`,
    guest,
    (files) => {
      const boot = new Boot(files, {
        ...DEFAULT_CONFIGURATION,
        engine: "both",
        jitThreshold: 1,
        clock: "instructions",
        memoryBytes: 256 * 2 ** 20,
      });
      boot.machine.start();
      boot.runUntil(() => boot.machine.instructions() >= INSTRUCTIONS);
    },
  );
}
