/**
 * Builds the static programs that guests run, one for each byte order, from the
 * sources beside this file. The same compiler gives the same bytes.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { keepBytes } from "../../guests/cache_folder.ts";
import { runTool } from "../../guests/command.ts";

/** A program's byte order. */
export type ByteOrder = "big" | "little";

/** The compiler and linker that the programs in the repository are from. */
export const PROGRAMS_TOOLCHAIN = "gcc 12.2.0, ld 2.40";

const PREFIX = "powerpc64-linux-gnu-";
const FOLDER = fileURLToPath(new URL(".", import.meta.url));
const SOURCES = ["start.S", "system.c", "main.c", "integer.c", "float.c"];

const COMPILER_FLAGS = [
  "-std=gnu11",
  "-O2",
  "-Wall",
  "-Wextra",
  "-Werror",
  // What Debian's ppc64el programs are compiled for.
  "-mcpu=power8",
  "-mabi=elfv2",
  "-ffreestanding",
  "-fno-builtin",
  // A loop that clears memory would become a call of memset().
  "-fno-tree-loop-distribute-patterns",
  "-fno-pic",
  "-fno-stack-protector",
  "-fno-asynchronous-unwind-tables",
  // Square roots are instructions, errno is nobody's.
  "-fno-math-errno",
];

const LINKER_FLAGS = [
  "-static",
  "--strip-all",
  "--build-id=none",
  "-z",
  "max-page-size=65536",
  "-z",
  "noseparate-code",
];

/** Where a program is kept. */
export function programPath(order: ByteOrder): string {
  return join(FOLDER, `${order}.elf`);
}

/**
 * Builds a program.
 *
 * @param work A folder for what lies between.
 * @throws {ToolMissingError} If the cross compiler is not installed.
 */
export async function buildProgram(
  order: ByteOrder,
  work: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const objects: string[] = [];
  for (const source of SOURCES) {
    const object = `${order}_${source}.o`;
    await tool("gcc", work, [
      `-m${order}-endian`,
      ...COMPILER_FLAGS,
      "-c",
      join(FOLDER, source),
      "-o",
      object,
    ]);
    objects.push(object);
  }
  const program = `${order}.elf`;
  await tool("ld", work, [
    "-m",
    order === "big" ? "elf64ppc" : "elf64lppc",
    ...LINKER_FLAGS,
    "-o",
    program,
    ...objects,
  ]);
  return await Deno.readFile(join(work, program));
}

async function tool(name: "gcc" | "ld", cwd: string, args: string[]) {
  await runTool([`${PREFIX}${name}`, ...args], {
    purpose: "build the benchmark's programs",
    debianPackage: "gcc-powerpc64-linux-gnu",
    cwd,
  });
}

async function main() {
  const work = await Deno.makeTempDir();
  try {
    for (const order of ["big", "little"] as const) {
      await keepBytes(programPath(order), await buildProgram(order, work));
    }
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

if (import.meta.main) await main();
