/**
 * `deno task differential --privileged`.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findQemu } from "../../../bench/qemu.ts";
import { defaultCacheDir } from "../../../guests/cache_folder.ts";
import { hunt, judge, type Judged } from "./hunt.ts";
import { TRANSLATIONS } from "./layout.ts";
import { drawProgram } from "./program.ts";
import { report, toFile } from "./report.ts";
import { onOurs, onQemu } from "./run.ts";

const CASES = fileURLToPath(new URL("cases", import.meta.url));
const number = new Intl.NumberFormat("en");

/** What the command line wants. */
export interface PrivilegedSettings {
  readonly seed: number;
  readonly count: number;
  readonly engine: "interpreter" | "jit";
  readonly most: number;
  readonly keep: number | undefined;
}

class Enough extends Error {}

/**
 * Compares programs of privileged state; gives how many differed.
 *
 * @throws {Error} If there is no QEMU 7.2, in one sentence.
 */
export async function comparePrivileged(
  { seed, count, engine, most, keep }: PrivilegedSettings,
  { say, tell }: {
    /** Prints a line. */
    readonly say: (line: string) => void;
    /** Prints how far it is. */
    readonly tell: (text: string) => void;
  },
): Promise<number> {
  const qemu = await findQemu(defaultCacheDir());
  if (!/version 7\.2\./.test(qemu.version)) {
    throw new Error(
      `Cannot compare with ${qemu.version}: version 7.2 is wanted, as in Debian 12's package qemu-system-ppc`,
    );
  }
  const machines = { theirs: onQemu(qemu), ours: onOurs({ engine }) };
  if (keep !== undefined) {
    const translation = TRANSLATIONS[keep % TRANSLATIONS.length] ?? "real";
    const { bytes } = drawProgram({ seed, index: keep, translation });
    const [judged] = await judge(machines, translation, [bytes]);
    if (judged) await write(judged, { seed, program: keep, say });
    return 0;
  }
  const start = performance.now();
  let found = 0;
  const kept: Promise<void>[] = [];
  try {
    const tally = await hunt({
      ...machines,
      seed,
      count,
      onProgress(done) {
        const left = (count - done) / done * (performance.now() - start);
        tell(
          `${number.format(done)} of ${
            number.format(count)
          } programs, ${found} differences, ${Math.ceil(left / 1000)} s left\n`,
        );
      },
      onDifference(judged, program) {
        say(report(judged, { program, seed }));
        if (judged.theirs) kept.push(write(judged, { seed, program, say }));
        if (++found >= most) throw new Enough();
      },
    });
    say("Programs by the interrupt that ended them:");
    for (const translation of TRANSLATIONS) {
      const parts = [...tally[translation]].sort(([a], [b]) => a - b).map(
        ([vector, count]) => `0x${vector.toString(16)} ${number.format(count)}`,
      );
      say(`  ${translation.padEnd(6)} ${parts.join(", ")}`);
    }
  } catch (error) {
    if (!(error instanceof Enough)) throw error;
    say(`Given up after ${found} differences`);
  }
  await Promise.all(kept);
  say(`${found} differences`);
  return found;
}

async function write(
  judged: Judged,
  { seed, program, say }: {
    readonly seed: number;
    readonly program: number;
    readonly say: (line: string) => void;
  },
): Promise<void> {
  await Deno.mkdir(CASES, { recursive: true });
  const name = `seed_${seed}_program_${program}.json`;
  await Deno.writeTextFile(
    join(CASES, name),
    JSON.stringify(toFile(judged), null, 2) + "\n",
  );
  say(`  kept as tests/differential/privileged/cases/${name}`);
}
