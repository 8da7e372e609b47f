/**
 * QEMU's user-mode emulator as a processor that carries out batches.
 *
 * @module
 */
import { join } from "node:path";
import { type Batch, fromGuest, normalize } from "./batch.ts";
import { buildHarness, CODE_BYTES } from "./harness.ts";

/** Where guest address 0 is: any free place, so that page 7 can exist. */
const GUEST_BASE = "0x100000000000";

/** How to start {@linkcode Qemu}. */
export interface QemuOptions {
  readonly littleEndian: boolean;
  readonly cpu: "power8" | "power9";
  /** The program; default the one of the PATH. */
  readonly command?: string;
}

/** A process of QEMU with the harness. */
export class Qemu {
  readonly littleEndian: boolean;
  readonly #folder: string;
  readonly #file: Deno.FsFile;
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: ReadableStreamDefaultReader<Uint8Array>;
  /** The batch on its way, or the last of those that wait for it. */
  #running: Promise<unknown> | undefined;

  /** Starts it. */
  constructor({ littleEndian, cpu, command }: QemuOptions) {
    this.littleEndian = littleEndian;
    this.#folder = Deno.makeTempDirSync({ prefix: "janus-differential-" });
    const path = join(this.#folder, "batch");
    const harness = join(this.#folder, "harness");
    this.#file = Deno.openSync(path, { create: true, read: true, write: true });
    Deno.writeFileSync(harness, buildHarness({ littleEndian, path }), {
      mode: 0o700,
    });
    this.#child = new Deno.Command(
      command ?? (littleEndian ? "qemu-ppc64le" : "qemu-ppc64"),
      {
        args: ["-B", GUEST_BASE, "-cpu", cpu, harness],
        stdin: "piped",
        stdout: "piped",
        stderr: "inherit",
      },
    ).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#output = this.#child.stdout.getReader();
  }

  /**
   * Carries a batch out; gives storages and records as they were left. It is
   * on its way when the call returns: what the caller does meanwhile takes
   * nothing away from it. There is one file: where a batch is on its way
   * already, the next one waits.
   */
  async run(batch: Batch): Promise<Uint8Array> {
    const result = this.#running
      ? this.#running.then(() => this.#carryOut(batch))
      : this.#carryOut(batch);
    this.#running = result;
    try {
      return await result;
    } finally {
      if (this.#running === result) this.#running = undefined;
    }
  }

  async #carryOut(batch: Batch): Promise<Uint8Array> {
    const { code, data } = batch.toGuest(this.littleEndian);
    this.#file.seekSync(0, Deno.SeekMode.Start);
    writeAll(this.#file, code);
    writeAll(this.#file, data);
    const started = this.#input.write(new Uint8Array(1));
    const [{ done }] = await Promise.all([
      this.#output.read(),
      // That it has ended is seen by what it did not write.
      started.catch(() => {}),
    ]);
    if (done) {
      const { code, signal } = await this.#child.status;
      throw new Error(
        `Cannot run programs on QEMU: it ended with ${signal ?? code}`,
      );
    }
    this.#file.seekSync(CODE_BYTES, Deno.SeekMode.Start);
    readAll(this.#file, data);
    fromGuest(data, this.littleEndian);
    normalize(batch, data);
    return data;
  }

  /** Ends the process, whatever it does. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.#input.close().catch(() => {});
    await this.#output.cancel().catch(() => {});
    await this.#child.status;
    this.#file.close();
    Deno.removeSync(this.#folder, { recursive: true });
  }
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    at += file.writeSync(bytes.subarray(at));
  }
}

function readAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    at += file.readSync(bytes.subarray(at)) ?? bytes.length;
  }
}
