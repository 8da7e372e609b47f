/**
 * The folder of all golden runs, which is not part of the project: where the
 * environment variable JANUS_ORACLE says, or ../shared/oracle.
 *
 * @module
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { GoldenRun } from "./microwatt.ts";

const CHECKED_IN = new URL("./microwatt/", import.meta.url);

/** The runs that are checked in. */
export function checkedInRuns(): GoldenRun[] {
  return readdirSync(CHECKED_IN)
    .filter((file) => file.endsWith(".bin.gz"))
    .map((file) => file.slice(0, -".bin.gz".length))
    .toSorted((a, b) => Number(a) - Number(b))
    .map((name) => ({
      name,
      image: gunzipSync(readFileSync(new URL(`${name}.bin.gz`, CHECKED_IN))),
      expected: readFileSync(new URL(`${name}.out`, CHECKED_IN), "utf8"),
    }));
}

function granted(descriptor: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(descriptor).state === "granted";
}

/** The folder of the runs, or why there is none. */
export function findOracle(): { folder: URL } | { missing: string } {
  const variable = "JANUS_ORACLE";
  const named = granted({ name: "env", variable })
    ? Deno.env.get(variable)
    : undefined;
  const base = named
    ? new URL(`file://${named.replace(/\/*$/, "/")}`)
    : new URL("../../../../shared/oracle/", import.meta.url);
  const folder = new URL("microwatt/", base);
  if (!granted({ name: "read", path: folder })) {
    return { missing: "the oracle's folder may not be read" };
  }
  if (!existsSync(folder)) return { missing: "no oracle folder" };
  if (!granted({ name: "run", command: "xz" })) {
    return { missing: "xz may not be run" };
  }
  try {
    new Deno.Command("xz", { args: ["--version"], stdout: "null" })
      .outputSync();
  } catch {
    return { missing: "no xz" };
  }
  return { folder };
}

/** The runs in the oracle's folder, unpacked by the host's xz. */
export function* oracleRuns(folder: URL): Generator<GoldenRun> {
  const names = readdirSync(folder)
    .filter((file) => file.endsWith(".bin.xz"))
    .map((file) => file.slice(0, -".bin.xz".length))
    .toSorted((a, b) => Number(a) - Number(b));
  for (const name of names) {
    const { pathname } = new URL(`${name}.bin.xz`, folder);
    const { success, stdout } = new Deno.Command("xz", {
      args: ["-dc", decodeURIComponent(pathname)],
    }).outputSync();
    if (!success) throw new Error(`Cannot unpack golden run: ${name}`);
    yield {
      name,
      image: stdout,
      expected: readFileSync(new URL(`${name}.out`, folder), "utf8"),
    };
  }
}
