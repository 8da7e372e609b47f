/**
 * Where QEMU's user-mode emulators are: on the PATH, kept from before, or in a
 * package that apt can get without root.
 *
 * @module
 */
import { join } from "node:path";
import {
  defaultCacheDir,
  isKept,
  withWorkFolder,
} from "../../guests/cache_folder.ts";
import { PrivateApt, unpackPackage } from "../../guests/apt.ts";

/** Both programs, as commands. */
export interface QemuCommands {
  readonly big: string;
  readonly little: string;
}

const NAMES = { big: "qemu-ppc64", little: "qemu-ppc64le" } as const;
/** Linked statically, so that it runs from any folder. */
const PACKAGE = "qemu-user-static";

/** Debian's name of the host's architecture. */
const ARCHITECTURE = Deno.build.arch === "aarch64" ? "arm64" : "amd64";

/** The programs of the PATH, if both are there and are of version 7.2. */
export function installedQemu(): QemuCommands | undefined {
  const usable = Object.values(NAMES).every((name) => isWanted(version(name)));
  return usable ? NAMES : undefined;
}

/** The version that departures are known of. */
function isWanted(text: string | undefined): boolean {
  return text !== undefined && /version 7\.2\./.test(text);
}

function version(command: string): string | undefined {
  try {
    const { stdout } = new Deno.Command(command, { args: ["--version"] })
      .outputSync();
    return new TextDecoder().decode(stdout);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * Both programs, got by apt where they are not installed.
 *
 * @param say Told what takes time.
 * @throws {Error} in one sentence that says what to do.
 */
export async function findQemu(
  say: (text: string) => void,
): Promise<QemuCommands> {
  const installed = installedQemu();
  if (installed) return installed;
  const folder = join(defaultCacheDir(), "qemu-user-7.2");
  const kept = {
    big: join(folder, `${NAMES.big}-static`),
    little: join(folder, `${NAMES.little}-static`),
  };
  if (await isKept(kept.big) && await isKept(kept.little)) return kept;
  say(`Getting ${PACKAGE} by apt, which takes a minute or two`);
  try {
    await Deno.mkdir(folder, { recursive: true });
    await withWorkFolder(defaultCacheDir(), async (work) => {
      const apt = await PrivateApt.open({
        folder: join(work, "apt"),
        architecture: ARCHITECTURE,
      });
      await apt.update();
      const [file = ""] = await apt.download([PACKAGE], () => {});
      await unpackPackage(file, work);
      for (const path of [kept.big, kept.little]) {
        const name = path.slice(folder.length + 1);
        await Deno.copyFile(join(work, "usr/bin", name), path);
      }
    });
    if (isWanted(version(kept.big))) return kept;
  } catch (error) {
    throw new Error(
      `Cannot find QEMU 7.2's user-mode emulators: install Debian 12's package qemu-user (${
        error instanceof Error ? error.message : error
      })`,
      { cause: error },
    );
  }
  throw new Error(
    "Cannot use QEMU's user-mode emulators: version 7.2 is wanted, as in Debian 12's package qemu-user",
  );
}
