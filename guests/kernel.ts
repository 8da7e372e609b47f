/**
 * Builds the small kernel, big- or little-endian, from Debian's `linux-source-6.1` with Debian's
 * cross compilers. There is no big-endian ppc64 kernel to download.
 *
 * ```
 * deno run --allow-run=… --allow-read --allow-write=… guests/kernel.ts big
 * ```
 * `guests/README.md` has the whole line.
 *
 * @module
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { PrivateApt, unpackPackage } from "./apt.ts";
import {
  defaultCacheDir,
  isKept,
  keepFile,
  withWorkFolder,
} from "./cache_folder.ts";
import { runTool } from "./command.ts";
import { formatProgress, type OnProgress } from "./progress.ts";

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

const TARGETS = {
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

/**
 * Builds the kernel of a byte order. Takes some ten minutes on two processors, and 2 GB in the
 * cache folder meanwhile.
 *
 * @param byteOrder Which kernel.
 * @param options Where to keep it, and who listens.
 * @returns Path of the stripped kernel, or of its configuration if only that was asked for.
 * @throws {ToolMissingError} If a tool is missing; the message names Debian's package.
 * @throws {Error} If the sources of apt do not have the kernel's, or the configuration did not
 * come out as the fragment asks.
 */
export async function buildKernel(
  byteOrder: KernelByteOrder,
  options: BuildKernelOptions = {},
): Promise<string> {
  const { cacheDir = defaultCacheDir(), configureOnly = false } = options;
  const place = join(cacheDir, "kernel", TARGETS[byteOrder].folder);
  const product = join(place, configureOnly ? "config" : "vmlinux");
  if (!configureOnly && await isKept(product)) return product;
  await Deno.mkdir(place, { recursive: true });
  await withWorkFolder(cacheDir, async (work) => {
    const build = new Build(byteOrder, { ...options, work });
    await build.checkTools();
    await build.getSource();
    await build.configure();
    if (configureOnly) {
      await keepFile(join(build.tree, ".config"), product);
      return;
    }
    await build.compile();
    await keepFile(await build.strip(), product);
  });
  return product;
}

class Build {
  readonly #target: (typeof TARGETS)[KernelByteOrder];
  readonly #options: BuildKernelOptions & { work: string };
  /** The kernel's source tree, in which it is built. */
  readonly tree: string;

  constructor(
    byteOrder: KernelByteOrder,
    options: BuildKernelOptions & { work: string },
  ) {
    this.#target = TARGETS[byteOrder];
    this.#options = options;
    this.tree = join(options.work, SOURCE_PACKAGE);
  }

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

const USAGE =
  "Usage: guests/kernel.ts big|little [--cache FOLDER] [--jobs N] [--configure-only]";

interface CommandLine extends BuildKernelOptions {
  byteOrder: KernelByteOrder;
}

function commandLine(args: string[]): CommandLine | null {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        "cache": { type: "string" },
        "jobs": { type: "string" },
        "configure-only": { type: "boolean" },
      },
    });
    const [byteOrder, ...rest] = positionals;
    const jobs = values.jobs === undefined ? undefined : Number(values.jobs);
    if (byteOrder !== "big" && byteOrder !== "little") return null;
    if (rest.length > 0) return null;
    if (jobs !== undefined && !(Number.isInteger(jobs) && jobs > 0)) {
      return null;
    }
    const { cache: cacheDir, "configure-only": configureOnly } = values;
    return { byteOrder, cacheDir, jobs, configureOnly };
  } catch {
    return null;
  }
}

async function main(): Promise<number> {
  const wanted = commandLine(Deno.args);
  if (wanted === null) {
    writeLine(Deno.stderr, USAGE);
    return 2;
  }
  try {
    const path = await buildKernel(wanted.byteOrder, {
      ...wanted,
      onProgress: (report) => writeLine(Deno.stderr, formatProgress(report)),
    });
    writeLine(Deno.stdout, path);
    return 0;
  } catch (error) {
    writeLine(
      Deno.stderr,
      error instanceof Error ? error.message : String(error),
    );
    return 1;
  }
}

function writeLine(
  stream: { writeSync(data: Uint8Array): number },
  line: string,
) {
  stream.writeSync(new TextEncoder().encode(`${line}\n`));
}

if (import.meta.main) Deno.exitCode = await main();
