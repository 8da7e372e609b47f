/**
 * Emulators side by side: ours and QEMU, started with the same guest.
 *
 * @module
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import config from "../deno.json" with { type: "json" };

/** A guest that both can boot. */
export interface BenchGuest {
  readonly kernel: string;
  readonly initrd: string;
  readonly append: string;
}

/** An emulator's command line. */
export interface Emulator {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
}

const PROJECT = fileURLToPath(new URL("..", import.meta.url));

/** The program of QEMU that emulates our machine. */
const QEMU = "qemu-system-ppc64";

/** What to do where QEMU is not there. */
export const QEMU_MISSING = `Cannot compare with QEMU: there is no ${QEMU}; ` +
  "install it with: apt-get install qemu-system-ppc";

/** Ours, started as `deno task run` starts it. */
export function janus(guest: BenchGuest): Emulator {
  const [, ...flags] = config.tasks.run.command.split(" ");
  return {
    name: "Janus",
    program: Deno.execPath(),
    args: [
      ...flags,
      "--memory",
      "1G",
      "--kernel",
      guest.kernel,
      "--initrd",
      guest.initrd,
      "--append",
      guest.append,
    ],
  };
}

/**
 * QEMU with its small firmware, which comes closest to our direct entry; the
 * capabilities silence warnings about what its emulation lacks.
 */
export function qemu(guest: BenchGuest): Emulator {
  const machine = [
    "pseries",
    "x-vof=on",
    "cap-cfpc=broken",
    "cap-sbbc=broken",
    "cap-ibs=broken",
    "cap-ccf-assist=off",
  ];
  return {
    name: "QEMU",
    program: QEMU,
    args: [
      "-nodefaults",
      "-M",
      machine.join(","),
      "-cpu",
      "POWER9",
      "-m",
      "1G",
      "-smp",
      "1",
      "-nographic",
      "-serial",
      "stdio",
      "-monitor",
      "none",
      "-kernel",
      guest.kernel,
      "-initrd",
      guest.initrd,
      "-append",
      guest.append,
    ],
  };
}

/** "QEMU emulator version 7.2.22", or undefined if it is not installed. */
export function qemuVersion(): string | undefined {
  const { stdout, error } = spawnSync(QEMU, ["--version"], {
    encoding: "utf8",
  });
  return error ? undefined : stdout.split("\n")[0];
}

/** A running emulator. */
export class Running implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #text = "";
  #errors = "";
  #look = () => {};

  constructor({ program, args }: Emulator) {
    this.#child = spawn(program, args, {
      cwd: PROJECT,
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#ended = new Promise((resolve, reject) => {
      this.#child.on("exit", () => resolve());
      this.#child.on("error", reject);
    });
    this.#ended.catch(() => {});
    this.#child.stderr?.setEncoding("utf8");
    this.#child.stderr?.on("data", (text: string) => this.#errors += text);
    this.#child.stdout?.setEncoding("latin1");
    this.#child.stdout?.on("data", (text: string) => {
      this.#text += text;
      this.#look();
    });
  }

  /** The process, of which others may have been started. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Types at the guest's console. */
  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** Waits until the guest has printed a text. */
  async expect(wanted: string, { seconds }: { seconds: number }) {
    const seen = new Promise<void>((resolve) => {
      this.#look = () => {
        const at = this.#text.indexOf(wanted);
        if (at < 0) return;
        this.#text = this.#text.slice(at + wanted.length);
        resolve();
      };
      this.#look();
    });
    await this.#within(seen, seconds, `"${wanted}"`);
    this.#look = () => {};
  }

  async #within(wanted: Promise<void>, seconds: number, what: string) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(this.#failure(`${what} in ${seconds} s`)),
        seconds * 1000,
      );
    });
    const early = this.#ended.then(() => {
      throw this.#failure(`${what} before the emulator ended`);
    });
    try {
      await Promise.race([wanted, late, early]);
    } finally {
      clearTimeout(timer);
    }
  }

  #failure(what: string): Error {
    const last = (this.#text.slice(-500) + this.#errors.slice(-500)).trim();
    return new Error(`Cannot see ${what}: ${last}`);
  }

  /** Ends the emulator and waits until it is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 5000);
    await this.#ended.catch(() => {});
    clearTimeout(timer);
  }
}
