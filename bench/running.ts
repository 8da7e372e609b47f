/**
 * A running emulator and its console.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { CommandLine } from "./emulator.ts";

const PROJECT = fileURLToPath(new URL("..", import.meta.url));

/** A running emulator. */
export class Running implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #text = "";
  #errors = "";
  #look = () => {};

  constructor({ program, args, env }: CommandLine) {
    this.#child = spawn(program, args, {
      cwd: PROJECT,
      stdio: ["pipe", "pipe", "pipe"],
      ...env && { env: { ...Deno.env.toObject(), ...env } },
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

  /** Types at the console. */
  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** Waits until the guest has printed something; gives what matched. */
  async expect(
    wanted: RegExp,
    { seconds }: { seconds: number },
  ): Promise<RegExpExecArray> {
    const seen = new Promise<RegExpExecArray>((resolve) => {
      this.#look = () => {
        const found = wanted.exec(this.#text);
        if (!found) return;
        this.#text = this.#text.slice(found.index + found[0].length);
        this.#look = () => {};
        resolve(found);
      };
      this.#look();
    });
    return await this.#within(seen, seconds, `${wanted}`);
  }

  async #within<T>(
    wanted: Promise<T>,
    seconds: number,
    what: string,
  ): Promise<T> {
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
      return await Promise.race([wanted, late, early]);
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
