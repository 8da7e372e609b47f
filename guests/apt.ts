/**
 * Gets packages of a foreign architecture with the host's apt, without root and without changing
 * anything of the host: lists, status and downloads live in a private folder. The host's sources,
 * keys and proxies are used, so that packages are verified as the host would.
 *
 * @module
 */

import { join } from "node:path";
import { runTool, ToolFailedError, type ToolOutput } from "./command.ts";

/** Options of {@linkcode PrivateApt.open}. */
export interface PrivateAptOptions {
  /** An empty folder of its own. */
  folder: string;
  /** Debian's name of the architecture, as "ppc64el"; the host's unless told. */
  architecture?: string | undefined;
  /** dpkg's list of what counts as installed; nothing does unless told. */
  status?: string | undefined;
  /** Ends the programs early. */
  signal?: AbortSignal | undefined;
}

const POLL_MS = 200;

/** An apt with private folders. */
export class PrivateApt {
  readonly #folder: string;
  readonly #signal: AbortSignal | undefined;
  #updateFailure = "";

  private constructor(folder: string, signal: AbortSignal | undefined) {
    this.#folder = folder;
    this.#signal = signal;
  }

  /**
   * Prepares the private folders and the configuration.
   *
   * @param options Where, and for which architecture.
   * @returns An apt that has no package lists yet.
   * @throws {RangeError} If the path cannot be written in apt's configuration.
   */
  static async open(options: PrivateAptOptions): Promise<PrivateApt> {
    const { folder, architecture, signal } = options;
    const { status = join(folder, "status") } = options;
    for (const path of [folder, status]) {
      if (!/["\n]/.test(path)) continue;
      throw new RangeError(
        `Cannot configure apt: path has a quote or a line break: ${path}`,
      );
    }
    for (const name of ["lists/partial", "archives/partial", "state", "log"]) {
      await Deno.mkdir(join(folder, name), { recursive: true });
    }
    await Deno.writeTextFile(join(folder, "status"), "");
    await Deno.writeTextFile(
      join(folder, "apt.conf"),
      configuration({ folder, architecture, status }),
    );
    return new PrivateApt(folder, signal);
  }

  /**
   * Reads the package lists of the host's sources. A source that fails is passed over: it is
   * named only if a package is not found afterwards.
   *
   * @throws {ToolMissingError} If apt is not installed.
   */
  async update() {
    try {
      await this.#apt("apt-get", ["update"], "read the package lists");
    } catch (error) {
      if (!(error instanceof ToolFailedError)) throw error;
      this.#updateFailure = error.message;
    }
  }

  /**
   * Finds packages by name.
   *
   * @param pattern Regular expression that a name must match, in apt's dialect.
   * @returns The names, sorted.
   */
  async search(pattern: string): Promise<string[]> {
    const { stdout } = await this.#apt(
      "apt-cache",
      ["search", "--names-only", pattern],
      `search for packages like ${pattern}`,
    );
    return lines(stdout).map((line) => line.split(" ")[0] ?? "").sort();
  }

  /**
   * Finds what a package needs directly.
   *
   * @param name The package.
   * @returns Names of packages; none if the package is not known.
   */
  async dependencies(name: string): Promise<string[]> {
    try {
      const { stdout } = await this.#apt(
        "apt-cache",
        ["depends", "--important", name],
        `look up package ${name}`,
      );
      return lines(stdout)
        .flatMap((line) => /^\s*Depends: ([\w.+-]+)/.exec(line)?.[1] ?? []);
    } catch (error) {
      if (error instanceof ToolFailedError) return [];
      throw error;
    }
  }

  /**
   * Says why a package may be missing.
   *
   * @param what What was looked for.
   * @returns The error to throw.
   */
  notFound(what: string): Error {
    const why = this.#updateFailure === ""
      ? ": a source with Debian's main component is needed"
      : `: ${this.#updateFailure}`;
    return new Error(
      `Cannot find ${what} in the sources that apt is configured with${why}`,
    );
  }

  /**
   * Downloads packages.
   *
   * @param names The packages.
   * @param onBytes Told from time to time how far it is, of how much.
   * @returns Path of each package's file, in the order of `names`.
   * @throws {ToolFailedError} If a package is not known or cannot be fetched.
   */
  async download(
    names: readonly string[],
    onBytes: (done: number, total: number) => void,
  ): Promise<string[]> {
    const planned = await Promise.all(names.map((name) => this.#plan(name)));
    const total = planned.reduce((sum, { size }) => sum + size, 0);
    return await this.#watch(total, onBytes, async (archives) => {
      const purpose = `download ${some(names)}`;
      await this.#apt("apt-get", ["download", ...names], purpose, archives);
      return planned.map(({ file }) => join(archives, file));
    });
  }

  /** Tells how much there is in the folder of downloads while they come. */
  async #watch<T>(
    total: number,
    onBytes: (done: number, total: number) => void,
    work: (archives: string) => Promise<T>,
  ): Promise<T> {
    const archives = join(this.#folder, "archives");
    onBytes(0, total);
    const timer = setInterval(
      () => onBytes(Math.min(bytesIn(archives), total), total),
      POLL_MS,
    );
    try {
      const result = await work(archives);
      onBytes(total, total);
      return result;
    } finally {
      clearInterval(timer);
    }
  }

  /**
   * Downloads packages and all that they need and does not count as installed.
   *
   * @param names The packages.
   * @param onBytes Told from time to time how far it is, of how much.
   * @returns Path of each package's file.
   * @throws {ToolFailedError} If a package is not known, or what it needs cannot be had.
   */
  async downloadMissing(
    names: readonly string[],
    onBytes: (done: number, total: number) => void,
  ): Promise<string[]> {
    const install = [
      "--yes",
      "--no-install-recommends",
      "--no-remove",
      "install",
      ...names,
    ];
    const what = `${some(names)} and what is needed for that`;
    const { stdout } = await this.#apt(
      "apt-get",
      ["--print-uris", ...install],
      `find ${what}`,
    ).catch((error) => {
      // A source that cannot be read is why, more likely than the package.
      if (this.#updateFailure === "") throw error;
      throw this.notFound(some(names));
    });
    const planned = plannedIn(new TextDecoder().decode(stdout));
    if (planned.length === 0) throw this.notFound(some(names));
    const total = planned.reduce((sum, { size }) => sum + size, 0);
    return await this.#watch(total, onBytes, async (archives) => {
      const args = ["--download-only", ...install];
      await this.#apt("apt-get", args, `download ${what}`);
      return planned.map(({ file }) => join(archives, file));
    });
  }

  /** What a download of a package would fetch: the file's name and its size in bytes. */
  async #plan(name: string): Promise<Planned> {
    const { stdout } = await this.#apt(
      "apt-get",
      ["download", "--print-uris", name],
      `find package ${name}`,
    );
    const [planned] = plannedIn(new TextDecoder().decode(stdout));
    if (planned === undefined) throw this.notFound(`package ${name}`);
    return planned;
  }

  #apt(
    program: "apt-get" | "apt-cache",
    args: string[],
    purpose: string,
    cwd: string = this.#folder,
  ): Promise<ToolOutput> {
    return runTool(
      [program, "-c", join(this.#folder, "apt.conf"), ...args],
      {
        purpose,
        debianPackage: "apt",
        cwd,
        ...(this.#signal === undefined ? {} : { signal: this.#signal }),
      },
    );
  }
}

/**
 * Unpacks a package's files.
 *
 * @param file The package.
 * @param folder Where to put them; made if need be.
 * @throws {ToolMissingError} If dpkg-deb is not installed.
 */
export async function unpackPackage(file: string, folder: string) {
  await runTool(["dpkg-deb", "-x", file, folder], {
    purpose: `unpack "${file}"`,
    debianPackage: "dpkg",
  });
}

/** "package a", "packages a and b", "packages a, b and 7 others". */
function some(names: readonly string[]): string {
  const [first = "", second = "", ...others] = names;
  if (names.length === 1) return `package ${first}`;
  if (names.length === 2) return `packages ${first} and ${second}`;
  return `packages ${first}, ${second} and ${others.length} others`;
}

/** A package's file, and its size in bytes. */
interface Planned {
  readonly file: string;
  readonly size: number;
}

/** Reads lines like 'http://…/name.deb' name.deb 31234932 SHA256:… */
function plannedIn(text: string): Planned[] {
  return [...text.matchAll(/^'[^']*' ([^\s/]+) (\d+)/gm)].map(
    ([, file = "", size]) => ({ file, size: Number(size) }),
  );
}

/** apt.conf(5) of the private folders. A file, because only there can lists be cleared. */
function configuration({ folder, architecture, status }: {
  folder: string;
  architecture: string | undefined;
  status: string;
}): string {
  const foreign = architecture === undefined ? "" : `\
APT::Architecture "${architecture}";
#clear APT::Architectures;
APT::Architectures:: "${architecture}";
`;
  return `\
${foreign}Dir::State "${folder}/state";
Dir::State::lists "${folder}/lists";
Dir::State::status "${status}";
Dir::Cache "${folder}";
Dir::Log "${folder}/log";
Debug::NoLocking "true";
APT::Sandbox::User "";
// Otherwise an unreachable source is only a warning.
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "30";
Acquire::https::Timeout "30";
// Hooks of the host would act on the host.
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
`;
}

function lines(bytes: Uint8Array): string[] {
  return new TextDecoder().decode(bytes).split("\n").filter(Boolean);
}

/** Bytes of all files in a folder and in its folder of unfinished downloads. */
function bytesIn(folder: string): number {
  let sum = 0;
  for (const place of [folder, join(folder, "partial")]) {
    for (const entry of Deno.readDirSync(place)) {
      try {
        if (entry.isFile) sum += Deno.statSync(join(place, entry.name)).size;
      } catch (error) {
        // apt renames a file when it is complete.
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
  }
  return sum;
}
