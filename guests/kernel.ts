/**
 * Builds the small kernel, big- or little-endian, from Debian's `linux-source-6.1` with Debian's
 * cross compilers. There is no big-endian ppc64 kernel to download.
 *
 * ```
 * deno run --allow-run --allow-read --allow-write=$HOME/.cache/janus \
 *   --allow-env=HOME,XDG_CACHE_HOME guests/kernel.ts big
 * ```
 *
 * @module
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  defaultCacheDir,
  isKept,
  keepFile,
  withWorkFolder,
} from "./cache_folder.ts";
import {
  type BuildKernelOptions,
  KernelBuild,
  type KernelByteOrder,
  TARGETS,
} from "./kernel_build.ts";
import { formatProgress } from "./progress.ts";

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
    const build = new KernelBuild(byteOrder, { ...options, work });
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
