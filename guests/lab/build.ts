/**
 * Builds the lab guest, `lab.elf`, from the sources beside this file. The same compiler gives the
 * same bytes: the file holds no path, no time and no build number.
 *
 * ```
 * deno run --allow-run=powerpc64-linux-gnu-gcc,powerpc64-linux-gnu-ld,powerpc64-linux-gnu-objcopy \
 *   --allow-read=guests,/tmp --allow-write=guests/lab,/tmp guests/lab/build.ts
 * ```
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { keepBytes } from "../cache_folder.ts";
import { runTool, ToolMissingError } from "../command.ts";

/** The compiler and linker that the image in the repository was made with. */
export const LAB_TOOLCHAIN = "gcc 12.2.0, ld 2.40";

const PREFIX = "powerpc64-linux-gnu-";
const FOLDER = fileURLToPath(new URL(".", import.meta.url));
const IMAGE = join(FOLDER, "lab.elf");
const SHARED_SOURCES = ["start.S", "console.c", "checks.c"];

/** BIG_BASE and LITTLE_BASE of `lab.h`. */
const BIG_BASE = "0x10000";
const LITTLE_BASE = "0x13000";
/** Where Linux is linked, so that a loader treats the image as it treats a kernel. */
const ELF_BASE = "0xc000000000000000";

const COMPILER_FLAGS = [
  "-std=c11",
  "-Os",
  "-Wall",
  "-Wextra",
  "-Werror",
  "-mcpu=power8",
  "-mabi=elfv2",
  // Floating point and vectors are off in MSR.
  "-msoft-float",
  "-mno-altivec",
  "-mno-vsx",
  "-ffreestanding",
  "-fno-builtin",
  "-fno-pic",
  "-fno-stack-protector",
  "-fno-asynchronous-unwind-tables",
  // Address 0 is memory like any other, and nobody clears .bss.
  "-fno-delete-null-pointer-checks",
  "-fno-zero-initialized-in-bss",
];

type Order = "big" | "little";

/**
 * Builds the image.
 *
 * @param work An empty folder for what lies between.
 * @returns The bytes of `lab.elf`.
 * @throws {ToolMissingError} If the cross compiler is not installed.
 * @throws {ToolFailedError} If a source does not compile.
 */
export async function buildLab(work: string): Promise<Uint8Array<ArrayBuffer>> {
  const little = await link(work, "little", [...SHARED_SOURCES, "little.c"], [
    `--defsym=BASE=${LITTLE_BASE}`,
  ]);
  await toBinary(work, little, "little.bin");
  const big = await link(work, "big", [...SHARED_SOURCES, "tree.c", "big.c"], [
    `--defsym=BASE=${BIG_BASE}`,
    `--defsym=LITTLE=${LITTLE_BASE}`,
  ]);
  await toBinary(work, big, "lab.bin");
  const wrapped = await compile(work, "big", "wrap.S");
  await tool("ld", work, [
    "-m",
    "elf64ppc",
    "--omagic",
    "--strip-all",
    `-Ttext=${ELF_BASE}`,
    "-o",
    "lab.elf",
    wrapped,
  ]);
  return await Deno.readFile(join(work, "lab.elf"));
}

/**
 * Finds out which compiler and linker are installed.
 *
 * @returns Their versions as in {@linkcode LAB_TOOLCHAIN}, or `null` if there is none.
 */
export async function installedToolchain(): Promise<string | null> {
  try {
    const gcc = await tool("gcc", FOLDER, ["-dumpfullversion"]);
    const ld = await tool("ld", FOLDER, ["--version"]);
    const version = / (\d+\.\d+\S*)$/m.exec(ld)?.[1] ?? "of unknown version";
    return `gcc ${gcc.trim()}, ld ${version}`;
  } catch (error) {
    if (error instanceof ToolMissingError) return null;
    throw error;
  }
}

async function link(
  work: string,
  order: Order,
  sources: string[],
  options: string[],
): Promise<string> {
  const objects = [];
  for (const source of sources) {
    objects.push(await compile(work, order, source));
  }
  const output = `${order}.elf`;
  await tool("ld", work, [
    "-m",
    order === "big" ? "elf64ppc" : "elf64lppc",
    "-static",
    "--no-warn-rwx-segments",
    ...options,
    "-T",
    join(FOLDER, "lab.ld"),
    "-o",
    output,
    ...objects,
  ]);
  return output;
}

async function compile(
  work: string,
  order: Order,
  source: string,
): Promise<string> {
  const output = `${order}_${source}.o`;
  await tool("gcc", work, [
    `-m${order}-endian`,
    ...COMPILER_FLAGS,
    // The assembler looks here for what .incbin names.
    `-Wa,-I${work}`,
    "-c",
    join(FOLDER, source),
    "-o",
    output,
  ]);
  return output;
}

async function toBinary(work: string, input: string, output: string) {
  await tool("objcopy", work, ["-O", "binary", input, output]);
}

async function tool(
  name: "gcc" | "ld" | "objcopy",
  cwd: string,
  args: string[],
): Promise<string> {
  const { stdout } = await runTool([`${PREFIX}${name}`, ...args], {
    purpose: "build the lab guest",
    debianPackage: "gcc-powerpc64-linux-gnu",
    cwd,
  });
  return new TextDecoder().decode(stdout);
}

async function main() {
  const work = await Deno.makeTempDir();
  try {
    await keepBytes(IMAGE, await buildLab(work));
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

if (import.meta.main) await main();
