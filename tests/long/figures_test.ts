// The figures that the specification promises, measured beside QEMU. They need
// a host that has little else to do.
import assert from "node:assert/strict";
import { janus, qemu } from "../../bench/emulator.ts";
import { type BenchGuest, benchGuest } from "../../bench/guests.ts";
import { measureIdle } from "../../bench/idle.ts";
import { installedQemu } from "../../bench/qemu.ts";
import { reportOf, type Sample, textOf } from "../../bench/report.ts";
import { runTrial } from "../../bench/trial.ts";
import {
  isDebianGuestCached,
  isDebianGuestObtainable,
  prepareDebianGuest,
} from "../../guests/debian.ts";
import { CACHE } from "../boot/guests.ts";
import { withTempFolder } from "../guests/_temp_folder.ts";

const PAIRS = 3;

const obtainable = await isDebianGuestCached(CACHE) ||
  await isDebianGuestObtainable();
const missing = [
  ...obtainable ? [] : ["NO DEBIAN KERNEL"],
  ...Deno.build.os === "linux" ? [] : ["NOT LINUX"],
];
const peer = installedQemu();

function measure(
  name: string,
  options: { needsQemu: boolean },
  run: (guest: BenchGuest) => Promise<void>,
): void {
  const lacks = options.needsQemu && peer === undefined
    ? [...missing, "NO QEMU"]
    : missing;
  Deno.test({
    name: lacks.length > 0 ? `${name} [SKIPPED, ${lacks.join(", ")}]` : name,
    ignore: lacks.length > 0,
    fn: async () => {
      await run(
        await prepareDebianGuest({
          cacheDir: CACHE,
          signal: AbortSignal.timeout(300_000),
        }),
      );
    },
  });
}

measure(
  "Debian's kernel boots in at most 5 times the time that QEMU takes, with less than 400 MB beyond its memory",
  { needsQemu: true },
  async (guest) => {
    assert(peer !== undefined);
    const emulators = [janus(), qemu(peer)] as const;
    const samples: Sample[] = [];
    await withTempFolder(async (folder) => {
      const booted = await benchGuest("little", {
        guest,
        workloads: [],
        folder,
      });
      for (let pair = 0; pair < PAIRS; pair++) {
        for (const emulator of emulators) {
          const figures = await runTrial(emulator, {
            guest: booted,
            order: "little",
            workloads: [],
            onFigure: () => {},
          });
          samples.push(...figures.map((figure) => (
            { ...figure, emulator: emulator.name, pair }
          )));
        }
      }
    });
    const names = [emulators[0].name, emulators[1].name] as const;
    const report = reportOf(samples, names);
    const text = textOf(report, { names, pairs: PAIRS, peer: true });
    const boot = report.goals.find(({ name }) => name === "boot to the shell");
    assert(boot !== undefined && boot.value >= 1 / 5, text);
    const memory = report.rows.find(({ name }) => name === "memory");
    assert(memory !== undefined && memory.ours < 400e6, text);
  },
);

measure(
  "an idle guest takes less than 10 % of a core",
  { needsQemu: false },
  async (guest) => {
    const share = await measureIdle(janus(), { guest, seconds: 10 });
    assert(share < 0.1, `${share}`);
  },
);
