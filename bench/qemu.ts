/**
 * Finds QEMU, or unpacks Debian's package of it into the cache folder, with
 * whatever libraries the host lacks: without root, and without a trace on the
 * host elsewhere.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { PrivateApt, unpackPackage } from "../guests/apt.ts";
import { isKept, withWorkFolder } from "../guests/cache_folder.ts";
import type { OnProgress } from "../guests/mod.ts";

/** A QEMU that can be started. */
export interface Qemu {
  readonly program: string;
  /** Where its firmware lies, if not where it looks by itself. */
  readonly data?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** As in "QEMU emulator version 7.2.22". */
  readonly version: string;
}

const PROGRAM = "qemu-system-ppc64";
const PACKAGE = "qemu-system-ppc";
const HOST_STATUS = "/var/lib/dpkg/status";
const STEPS = 3;

/** What to do where it is not to be had. */
export const QEMU_MISSING =
  `Cannot compare with QEMU: there is no ${PROGRAM}; ` +
  `install it with: apt-get install ${PACKAGE}`;

/** The program on PATH, if there is one that runs. */
export function installedQemu(): Qemu | undefined {
  return tried({ program: PROGRAM });
}

/**
 * Gets QEMU: the host's, or the one in the cache folder, or Debian's package.
 *
 * @throws {Error} If none is to be had; the message says why.
 */
export async function findQemu(
  cacheDir: string,
  { onProgress, status = HOST_STATUS }: {
    onProgress?: OnProgress;
    /** dpkg's list of what is installed already. */
    status?: string;
  } = {},
): Promise<Qemu> {
  const kept = join(cacheDir, "qemu");
  const found = installedQemu() ?? tried(unpacked(kept));
  if (found !== undefined) return found;
  await withWorkFolder(cacheDir, async (work) => {
    const content = join(work, "content");
    await fetchInto(content, { work, onProgress, status });
    // What stood there does not run: a library has gone from the host.
    if (await isKept(unpacked(kept).program)) {
      await Deno.remove(kept, { recursive: true });
    }
    await Deno.rename(content, kept);
  });
  const fetched = tried(unpacked(kept));
  if (fetched !== undefined) return fetched;
  throw new Error(`Cannot run ${unpacked(kept).program}: ${whyNot(kept)}`);
}

async function fetchInto(
  content: string,
  { work, onProgress, status }: {
    work: string;
    onProgress: OnProgress | undefined;
    status: string;
  },
): Promise<void> {
  const apt = await PrivateApt.open({ folder: join(work, "apt"), status });
  onProgress?.({ step: 1, steps: STEPS, text: "Reading the package lists" });
  await apt.update();
  const packages = await apt.downloadMissing(
    [PACKAGE],
    (doneBytes, totalBytes) => {
      const text = `Downloading ${PACKAGE} and what it needs`;
      onProgress?.({ step: 2, steps: STEPS, text, doneBytes, totalBytes });
    },
  );
  onProgress?.({ step: 3, steps: STEPS, text: "Unpacking the packages" });
  for (const file of packages) await unpackPackage(file, content);
}

/** A QEMU whose package was unpacked into a folder. */
function unpacked(folder: string): Omit<Qemu, "version"> {
  const libraries = ["usr/lib", "lib"].flatMap((name) => [
    join(folder, name, `${Deno.build.arch}-linux-gnu`),
    join(folder, name),
  ]);
  return {
    program: join(folder, "usr/bin", PROGRAM),
    data: join(folder, "usr/share/qemu"),
    env: { LD_LIBRARY_PATH: libraries.join(":") },
  };
}

function run({ program, env }: Omit<Qemu, "version">) {
  return spawnSync(program, ["--version"], {
    encoding: "utf8",
    ...env && { env: { ...Deno.env.toObject(), ...env } },
  });
}

function tried(qemu: Omit<Qemu, "version">): Qemu | undefined {
  const { stdout, status } = run(qemu);
  const [version] = stdout?.split("\n") ?? [];
  return status === 0 && version ? { ...qemu, version } : undefined;
}

function whyNot(folder: string): string {
  const { stderr, error } = run(unpacked(folder));
  return error?.message ?? stderr.trim();
}
