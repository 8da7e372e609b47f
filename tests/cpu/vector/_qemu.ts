/**
 * The golden vectors' cases under QEMU's user-mode emulator.
 *
 * @module
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Case, POINTER, type Registers, STORAGE_BYTES } from "./_cases.ts";

const RECORD = 1264;
/** As many as pipes hold, since all are written before any is read. */
const CASES_PER_RUN = 48;
const AT = { status: 16, gpr: 48, vsr: 112, storage: 1136 } as const;

function write({ word, before }: Case, view: DataView, little: boolean): void {
  view.setUint32(0, word, little);
  view.setBigUint64(AT.status, BigInt(before.cr), little);
  view.setBigUint64(AT.status + 8, BigInt(before.vscr), little);
  view.setBigUint64(AT.status + 16, before.fpscr, little);
  before.gpr.forEach((value, i) =>
    view.setBigUint64(AT.gpr + 8 * i, value, little)
  );
  before.vsr.forEach((value, i) => {
    view.setBigUint64(AT.vsr + 16 * i, value >> 64n, little);
    view.setBigUint64(AT.vsr + 16 * i + 8, value & (1n << 64n) - 1n, little);
  });
  for (let i = 0; i < STORAGE_BYTES; i++) {
    view.setUint8(AT.storage + i, before.storage[i] ?? 0);
  }
}

const STORAGE_ADDRESS = /^0x1000[0-9a-f]470$/;

function read(view: DataView, { before }: Case, little: boolean): Registers {
  return {
    cr: Number(view.getBigUint64(AT.status, little)),
    vscr: Number(view.getBigUint64(AT.status + 8, little)),
    fpscr: view.getBigUint64(AT.status + 16, little),
    gpr: before.gpr.map((value, i) => {
      const now = view.getBigUint64(AT.gpr + 8 * i, little);
      if (i < 4 || !(value & POINTER)) return now;
      const base = now - (value & ~POINTER);
      return STORAGE_ADDRESS.test(`0x${base.toString(16)}`) ? value : now;
    }),
    vsr: before.vsr.map((_, i) =>
      view.getBigUint64(AT.vsr + 16 * i, little) << 64n |
      view.getBigUint64(AT.vsr + 16 * i + 8, little)
    ),
    storage: new Uint8Array(STORAGE_BYTES).map((_, i) =>
      view.getUint8(AT.storage + i)
    ),
  };
}

/** The runner, assembled for one byte order. */
export class QemuRunner {
  readonly #directory: string;
  readonly #little: boolean;

  /** Assembles the runner; throws where the tools are not there. */
  constructor({ littleEndian }: { littleEndian: boolean }) {
    this.#little = littleEndian;
    this.#directory = mkdtempSync(join(tmpdir(), "vectors-"));
    const prefix = `powerpc64${littleEndian ? "le" : ""}-linux-gnu-`;
    const source = new URL("runner.s", import.meta.url).pathname;
    const object = join(this.#directory, "runner.o");
    const program = join(this.#directory, "runner");
    execFileSync(`${prefix}as`, ["-mpower9", "-a64", source, "-o", object], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    execFileSync(
      `${prefix}ld`,
      ["-N", "--no-warn-rwx-segments", object, "-o", program],
    );
  }

  /** What every case leaves. */
  run(cases: readonly Case[]): Registers[] {
    const results: Registers[] = [];
    for (let i = 0; i < cases.length; i += CASES_PER_RUN) {
      results.push(...this.#runSome(cases.slice(i, i + CASES_PER_RUN)));
    }
    return results;
  }

  #runSome(cases: readonly Case[]): Registers[] {
    const input = new Uint8Array(RECORD * cases.length);
    cases.forEach((one, i) =>
      write(one, new DataView(input.buffer, i * RECORD, RECORD), this.#little)
    );
    const { stdout, status, stderr } = spawnSync(
      `qemu-ppc64${this.#little ? "le" : ""}`,
      ["-cpu", "power9", join(this.#directory, "runner")],
      { input, maxBuffer: input.length + 65536, timeout: 60_000 },
    );
    const output = new Uint8Array(stdout);
    if (status !== 0 || output.length !== input.length) {
      const done = Math.floor(output.length / RECORD);
      const word = cases[done]?.word.toString(16);
      throw new Error(`Cannot run case ${done}, 0x${word}: ${stderr}`);
    }
    return cases.map((one, i) =>
      read(
        new DataView(output.buffer, output.byteOffset + i * RECORD, RECORD),
        one,
        this.#little,
      )
    );
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true });
  }
}
