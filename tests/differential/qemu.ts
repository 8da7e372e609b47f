/**
 * QEMU's user-mode emulator as a processor that carries out batches.
 *
 * @module
 */
import { type Batch, fromGuest, normalize } from "./batch.ts";
import { buildHarness } from "./harness.ts";

/** Where guest address 0 is: any free place, so that page 7 can exist. */
const GUEST_BASE = "0x100000000000";

/** A batch takes milliseconds. */
const MOST_TIME = 20_000;

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
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: ReadableStreamDefaultReader<Uint8Array>;
  readonly #harness: string;
  #rest: Uint8Array = new Uint8Array();

  constructor({ littleEndian, cpu, command }: QemuOptions) {
    this.littleEndian = littleEndian;
    this.#harness = Deno.makeTempFileSync({ prefix: "janus-differential-" });
    Deno.writeFileSync(this.#harness, buildHarness(littleEndian), {
      mode: 0o700,
    });
    this.#child = new Deno.Command(
      command ?? (littleEndian ? "qemu-ppc64le" : "qemu-ppc64"),
      {
        args: ["-B", GUEST_BASE, "-cpu", cpu, this.#harness],
        stdin: "piped",
        stdout: "piped",
        stderr: "inherit",
      },
    ).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#output = this.#child.stdout.getReader();
  }

  /** Carries a batch out; gives storages and records as they were left. */
  async run(batch: Batch): Promise<Uint8Array> {
    const { code, data } = batch.toGuest(this.littleEndian);
    const written = this.#input.write(code)
      .then(() => this.#input.write(data));
    const left = new Uint8Array(data.length);
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), MOST_TIME);
    let at = 0;
    while (at < left.length) {
      const chunk = await this.#read();
      const part = chunk.subarray(0, left.length - at);
      left.set(part, at);
      at += part.length;
      this.#rest = chunk.subarray(part.length);
    }
    clearTimeout(timer);
    await written;
    fromGuest(left, this.littleEndian);
    normalize(batch, left);
    return left;
  }

  async #read(): Promise<Uint8Array> {
    if (this.#rest.length > 0) return this.#rest;
    const { value, done } = await this.#output.read();
    if (!done) return value;
    const { code, signal } = await this.#child.status;
    throw new Error(
      `Cannot run programs on QEMU: it ended with ${signal ?? code}`,
    );
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
    Deno.removeSync(this.#harness);
  }
}
