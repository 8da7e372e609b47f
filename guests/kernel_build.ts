/**
 * The steps of building the small kernel, one method each.
 *
 * @module
 */

import { join } from "node:path";
import { PrivateApt, unpackPackage } from "./apt.ts";
import { runTool } from "./command.ts";
import type { OnProgress } from "./progress.ts";

/** Byte order of a kernel. */
export type KernelByteOrder = "big" | "little";

/** Options of {@linkcode buildKernel}. */
export interface BuildKernelOptions {
  /** Where to keep it; {@linkcode defaultCacheDir} unless told. */
  cacheDir?: string | undefined;
  /** How many compilers run at once; one for each processor unless told. */
  jobs?: number | undefined;
  /** Stop when the configuration is made and checked, and keep that. */
  configureOnly?: boolean | undefined;
  /** Told what is being done. */
  onProgress?: OnProgress | undefined;
  /** Gives up early. */
  signal?: AbortSignal | undefined;
}

const SOURCE_PACKAGE = "linux-source-6.1";
const FRAGMENT = new URL("kernel.fragment", import.meta.url);
const STEPS = 6;

/** Compiler, option and cache folder of each byte order. */
export const TARGETS = {
  big: {
    prefix: "powerpc64-linux-gnu-",
    debianPackage: "gcc-powerpc64-linux-gnu",
    choice: "CONFIG_CPU_BIG_ENDIAN=y",
    folder: "be",
  },
  little: {
    prefix: "powerpc64le-linux-gnu-",
    debianPackage: "gcc-powerpc64le-linux-gnu",
    choice: "CONFIG_CPU_LITTLE_ENDIAN=y",
    folder: "le",
  },
} as const;

/** Programs that Linux's build asks for, and Debian's package of each. */
const BUILD_TOOLS = [
  ["make", "make"],
  ["gcc", "gcc"],
  ["flex", "flex"],
  ["bison", "bison"],
  ["bc", "bc"],
  ["perl", "perl"],
  ["tar", "tar"],
  ["xz", "xz-utils"],
] as const;

/** What the kernel says of its own build, instead of this host's name, user and clock. */
const BUILD_IDENTITY = {
  KBUILD_BUILD_TIMESTAMP: "1970-01-01",
  KBUILD_BUILD_USER: "janus",
  KBUILD_BUILD_HOST: "janus",
};

/** A kernel being built in a work folder. The methods are called in the order they stand in. */
export class KernelBuild {
  readonly #target: (typeof TARGETS)[KernelByteOrder];
  readonly #options: BuildKernelOptions & { work: string };
  /** The kernel's source tree, in which it is built. */
  readonly tree: string;

  /**
   * @param byteOrder Which kernel.
   * @param options How to build it, and an empty folder to build it in.
   */
  constructor(
    byteOrder: KernelByteOrder,
    options: BuildKernelOptions & { work: string },
  ) {
    this.#target = TARGETS[byteOrder];
    this.#options = options;
    this.tree = join(options.work, SOURCE_PACKAGE);
  }

  /** Fails early, and by name, if a tool is missing. */
  async checkTools() {
    this.#report(1, "Looking for the tools");
    const compiler = [
      `${this.#target.prefix}gcc`,
      this.#target.debianPackage,
    ] as const;
    for (const [program, debianPackage] of [compiler, ...BUILD_TOOLS]) {
      await runTool([program, "--version"], {
        purpose: "build a kernel",
        debianPackage,
      });
    }
  }

  /** Downloads and unpacks the kernel's source. */
  async getSource() {
    const { work, signal } = this.#options;
    this.#report(2, "Reading the package lists");
    const apt = await PrivateApt.open({
      folder: join(work, "apt"),
      architecture: "ppc64el",
      signal,
    });
    await apt.update();
    const found = await apt.search(`^${SOURCE_PACKAGE}$`);
    if (found.length === 0) throw apt.notFound(`package ${SOURCE_PACKAGE}`);
    const [file = ""] = await apt.download(
      [SOURCE_PACKAGE],
      (doneBytes, totalBytes) =>
        this.#report(2, `Downloading ${SOURCE_PACKAGE}`, {
          doneBytes,
          totalBytes,
        }),
    );
    this.#report(3, "Unpacking the source");
    await unpackPackage(file, work);
    await runTool([
      "tar",
      "--extract",
      "--xz",
      `--directory=${work}`,
      `--file=${join(work, "usr", "src", `${SOURCE_PACKAGE}.tar.xz`)}`,
    ], { purpose: "unpack the source", debianPackage: "tar", ...this.#signal });
  }

  /** Makes the configuration, and checks that it has all that the fragment asks for. */
  async configure() {
    this.#report(4, "Configuring the kernel");
    const wanted = `${await Deno.readTextFile(
      FRAGMENT,
    )}${this.#target.choice}\n`;
    const fragment = join(this.#options.work, "fragment");
    await Deno.writeTextFile(fragment, wanted);
    await this.#make("configure the kernel", [
      `KCONFIG_ALLCONFIG=${fragment}`,
      "allnoconfig",
    ]);
    const config = await Deno.readTextFile(join(this.tree, ".config"));
    const missing = missingOptions(wanted, config);
    if (missing.length > 0) {
      throw new Error(
        `Cannot configure the kernel: not taken from the fragment: ${
          missing.join(", ")
        }`,
      );
    }
  }

  /** Compiles `vmlinux`. */
  async compile() {
    const { jobs = navigator.hardwareConcurrency } = this.#options;
    let objects = 0;
    this.#report(5, "Compiling");
    await this.#make(
      "compile the kernel",
      [`-j${jobs}`, "vmlinux"],
      (line) => {
        if (!/^ {2}(CC|AS) /.test(line)) return;
        objects++;
        if (objects % 50 === 0) this.#report(5, `Compiled ${objects} files`);
      },
    );
  }

  /** Removes the symbols; returns the path of what is left. */
  async strip(): Promise<string> {
    this.#report(6, "Removing the symbols");
    const stripped = join(this.#options.work, "vmlinux");
    await runTool([
      `${this.#target.prefix}strip`,
      "-o",
      stripped,
      join(this.tree, "vmlinux"),
    ], {
      purpose: "strip the kernel",
      debianPackage: "binutils-powerpc64-linux-gnu",
    });
    return stripped;
  }

  async #make(
    purpose: string,
    args: string[],
    onLine?: (line: string) => void,
  ) {
    await runTool([
      "make",
      `--directory=${this.tree}`,
      "ARCH=powerpc",
      `CROSS_COMPILE=${this.#target.prefix}`,
      ...args,
    ], {
      purpose,
      debianPackage: "make",
      env: BUILD_IDENTITY,
      ...this.#signal,
      ...(onLine === undefined ? {} : { onLine }),
    });
  }

  get #signal(): { signal?: AbortSignal } {
    const { signal } = this.#options;
    return signal === undefined ? {} : { signal };
  }

  #report(
    step: number,
    text: string,
    bytes: { doneBytes?: number; totalBytes?: number } = {},
  ) {
    this.#options.onProgress?.({ step, steps: STEPS, text, ...bytes });
  }
}

/**
 * Compares a configuration with what was asked for. Kconfig drops without a word what depends on
 * something that is not there.
 *
 * @param wanted Lines of the fragment.
 * @param config Lines of the `.config`.
 * @returns Lines of the fragment that the configuration does not have.
 */
export function missingOptions(wanted: string, config: string): string[] {
  const lines = new Set(config.split("\n"));
  return wanted.split("\n").filter((line) => {
    const off = /^# (CONFIG_\w+) is not set$/.exec(line)?.[1];
    // An option that is invisible is as good as switched off.
    if (off !== undefined) {
      return lines.has(`${off}=y`) || lines.has(`${off}=m`);
    }
    return /^CONFIG_\w+=/.test(line) && !lines.has(line);
  });
}
