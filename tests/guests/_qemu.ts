/** Runs a guest under QEMU, as the peer that our guests must also satisfy. */

const MACHINE =
  "pseries,cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken,cap-ccf-assist=off";

/** Whether QEMU for this guest is installed. */
export async function hasQemu(): Promise<boolean> {
  try {
    const { success } = await new Deno.Command("qemu-system-ppc64", {
      args: ["--version"],
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** What a run is given. */
export interface QemuOptions {
  cpu: "POWER8" | "POWER9";
  /** Built-in small firmware, which enters `-kernel` at once. */
  vof?: boolean;
  /** Further arguments. */
  args: string[];
  /** The run is ended after this time, and the test with it. */
  timeLimitMs: number;
}

/** A guest's console under QEMU. */
export class Qemu implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: ReadableStreamDefaultReader<string>;
  readonly #timer: ReturnType<typeof setTimeout>;
  #timedOut = false;
  #seen = 0;
  /** All that the console has shown. */
  text = "";

  constructor(options: QemuOptions) {
    const { cpu, vof = false, args, timeLimitMs } = options;
    this.#child = new Deno.Command("qemu-system-ppc64", {
      args: [
        "-nodefaults",
        "-M",
        vof ? `${MACHINE},x-vof=on` : MACHINE,
        "-cpu",
        cpu,
        "-m",
        "512M",
        "-nographic",
        "-serial",
        "stdio",
        "-monitor",
        "none",
        ...args,
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#output = this.#child.stdout
      .pipeThrough(new TextDecoderStream()).getReader();
    this.#timer = setTimeout(() => {
      this.#timedOut = true;
      this.#kill();
    }, timeLimitMs);
  }

  /** Waits until the console shows a text, behind the one waited for last. */
  async expect(wanted: string) {
    while (true) {
      const at = this.text.indexOf(wanted, this.#seen);
      if (at >= 0) {
        this.#seen = at + wanted.length;
        return;
      }
      if (!await this.#read()) throw this.#ended(`"${wanted}" was not seen`);
    }
  }

  /** Types at the console. */
  async type(text: string) {
    await this.#input.write(new TextEncoder().encode(text));
  }

  /** Waits until the guest has turned itself off. */
  async ended() {
    while (await this.#read());
    if (this.#timedOut) throw this.#ended("the guest did not end");
  }

  async #read(): Promise<boolean> {
    const { value, done } = await this.#output.read();
    if (value !== undefined) this.text += value;
    return !done;
  }

  #ended(why: string): Error {
    return new Error(
      `Cannot go on: ${why}; the console ended with: ${this.text.slice(-500)}`,
    );
  }

  #kill() {
    try {
      this.#child.kill("SIGKILL");
    } catch (error) {
      // It has ended by itself.
      if (!(error instanceof TypeError)) throw error;
    }
  }

  async [Symbol.asyncDispose]() {
    clearTimeout(this.#timer);
    this.#kill();
    await this.#child.status;
    await this.#input.abort().catch(() => {});
    await this.#output.cancel();
  }
}
