/**
 * Guests that run workloads: kernels with an initramfs whose first program
 * does what was chosen, one thing after the other.
 *
 * @module
 */
import { join } from "node:path";
import { encodeCpio, gzip, READY_MARK } from "../guests/mod.ts";
import { type ByteOrder, programPath } from "./programs/build.ts";
import type { Workload } from "./workloads.ts";

/** A guest that both emulators can boot. */
export interface BenchGuest {
  readonly kernel: string;
  readonly initrd: string;
  readonly append: string;
}

/** What the guest's console shows behind the last workload. */
export const DONE_MARK = "BENCH DONE";

const PROGRAM = "bench/workloads";
const EXECUTABLE = 0o755;

/**
 * Makes a guest of the given order that runs workloads at its start.
 *
 * A big-endian one has nothing but our program. To the initramfs of a
 * little-endian one, with its busybox, an archive is appended that replaces the
 * first program: the kernel unpacks one archive after the other.
 */
export async function benchGuest(
  order: ByteOrder,
  { guest, workloads, folder }: {
    guest: BenchGuest;
    workloads: readonly Workload[];
    folder: string;
  },
): Promise<BenchGuest> {
  const own = workloads.filter(({ orders }) => orders.includes(order));
  const program = await Deno.readFile(programPath(order));
  const initrd = join(folder, `${order}.cpio.gz`);
  if (order === "big") {
    const archive = encodeCpio([
      { type: "directory", path: "dev" },
      { type: "character-device", path: "dev/console", major: 5, minor: 1 },
      { type: "file", path: "init", data: program, mode: EXECUTABLE },
    ]);
    await Deno.writeFile(initrd, await gzip(archive));
    const names = own.map(({ name }) => name).join(" ");
    return { ...guest, initrd, append: `${guest.append} -- ${names}` };
  }
  const archive = encodeCpio([
    { type: "directory", path: "bench" },
    { type: "file", path: PROGRAM, data: program, mode: EXECUTABLE },
    { type: "file", path: "init", data: scriptOf(own), mode: EXECUTABLE },
  ]);
  const base = await Deno.readFile(guest.initrd);
  const added = await gzip(archive);
  const whole = new Uint8Array(base.length + added.length);
  whole.set(base);
  whole.set(added, base.length);
  await Deno.writeFile(initrd, whole);
  return { ...guest, initrd };
}

/** The first program of a guest that has a busybox. */
function scriptOf(workloads: readonly Workload[]): string {
  const lines = workloads.map(({ name, command }) =>
    command === undefined
      ? `/${PROGRAM} ${name}`
      : `/${PROGRAM} measure ${name} /bin/sh -c ${quote(command)}`
  );
  return `#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t devtmpfs devtmpfs /dev
dmesg -n 1
echo ${READY_MARK}
${lines.join("\n")}
echo ${DONE_MARK}
exec sleep 1000000
`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
