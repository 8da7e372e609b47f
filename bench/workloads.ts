/**
 * What is measured. Everything else (help, the guest's script, tables) derives
 * from this.
 *
 * @module
 */
import type { ByteOrder } from "./programs/build.ts";

/** Sets of workloads, each with what it is. */
export const SETS = {
  busybox: "Debian's busybox, little-endian",
  system: "system calls, faults and interrupts, little-endian",
  integer: "integer programs of ours, both byte orders",
  float: "double precision programs of ours, both byte orders",
} as const;

/** Name of a set. */
export type SetName = keyof typeof SETS;

/** Something that a guest does. */
export interface Workload {
  readonly name: string;
  readonly set: SetName;
  /** Where it runs. */
  readonly orders: readonly ByteOrder[];
  /** For a shell in the guest; without one it is in our program. */
  readonly command?: string;
  /** What the program must come to; of commands both guests must agree. */
  readonly checksum?: string;
}

const COMMANDS: Readonly<
  Record<string, readonly [set: SetName, command: string]>
> = {
  "sha256sum": ["busybox", "head -c 24000000 /dev/zero | sha256sum"],
  "gzip": ["busybox", "cat /bin/busybox /bin/busybox | gzip"],
  "bzip2": ["busybox", "head -c 1500000 /bin/busybox | bzip2"],
  "awk-integer": [
    "busybox",
    "awk 'BEGIN { for (i = 0; i < 200000; i++) " +
    "{ s += i % 7; t = int(t / 3) + i }; print s, t }'",
  ],
  "awk-float": [
    "busybox",
    // Debian's awk has no sqrt().
    "awk 'BEGIN { for (i = 1; i < 250000; i++) " +
    "{ s += 1 / (i * (i + 0.5)); t = t * 0.75 + s }; " +
    'printf "%.15g %.15g\\n", s, t }\'',
  ],
  "sort-md5": ["busybox", "seq 1 120000 | sort -r | md5sum"],
  "fork-exec": [
    "system",
    "i=0; while [ $i -lt 250 ]; do /bin/true; i=$((i + 1)); done; echo $i",
  ],
  "dd": [
    "system",
    "dd if=/dev/zero of=/dev/null bs=1 count=300000 2>/dev/null && echo done",
  ],
};

const PROGRAMS: Readonly<
  Record<string, readonly [set: SetName, checksum: string]>
> = {
  "sieve": ["integer", "0000000000002fdb"],
  "crc": ["integer", "00000000841ac15e"],
  "sort": ["integer", "1dbf183348825b26"],
  "fib": ["integer", "0000000001cf8d6f"],
  "matmul": ["integer", "0000000052655700"],
  "interpret": ["integer", "83fce268dfd6d749"],
  "list": ["integer", "0000009c3b1e0000"],
  "mix": ["integer", "00000000fe56b15e"],
  "mandelbrot": ["float", "84ab71440b22815c"],
  "nbody": ["float", "8bc1054d81c872bf"],
  "fft": ["float", "d5359a36f035c748"],
  "dmatmul": ["float", "04b6e1c744d58a3b"],
};

/** All workloads inside guests. */
export const WORKLOADS: readonly Workload[] = [
  ...Object.entries(COMMANDS).map(([name, [set, command]]) => ({
    name,
    set,
    orders: ["little"] as const,
    command,
  })),
  ...Object.entries(PROGRAMS).map(([name, [set, checksum]]) => ({
    name,
    set,
    orders: ["little", "big"] as const,
    checksum,
  })),
];

/** What is measured from outside, with each guest that is booted anyway. */
export const OUTSIDE = {
  boot: "from the start of the program to the guest's shell",
  memory: "resident memory beyond the guest memory that was touched",
} as const;

/** What a person asked for. */
export interface Selection {
  readonly workloads: readonly Workload[];
  readonly orders: readonly ByteOrder[];
  /** Whether a guest that waits at its prompt is watched as well. */
  readonly idle: boolean;
}

const ORDERS: readonly ByteOrder[] = ["little", "big"];

/** Everything that can be named. */
export const NAMES: readonly string[] = [
  ...Object.keys(OUTSIDE),
  ...Object.keys(SETS),
  ...ORDERS,
  ...WORKLOADS.map(({ name }) => name),
  "idle",
];

/**
 * Finds what names stand for: without any, everything but `idle`. A name of a
 * byte order keeps to that, another chooses.
 *
 * @throws {RangeError} If there is no such name.
 */
export function select(names: readonly string[]): Selection {
  const unknown = names.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(
      `Cannot measure "${unknown}": use ${NAMES.join(", ")}`,
    );
  }
  const named = ORDERS.filter((order) => names.includes(order));
  const orders = named.length === 0 ? ORDERS : named;
  const rest = names.filter((name) => !ORDERS.some((order) => order === name));
  const workloads = rest.length === 0
    ? WORKLOADS
    : WORKLOADS.filter(({ name, set }) =>
      rest.includes(name) || rest.includes(set)
    );
  const outside = Object.keys(OUTSIDE).some((name) => rest.includes(name));
  return {
    workloads: workloads.filter((workload) =>
      workload.orders.some((order) => orders.includes(order))
    ),
    orders: orders.filter((order) =>
      outside && (order === "little" || named.length > 0) ||
      workloads.some((workload) => workload.orders.includes(order))
    ),
    idle: names.includes("idle"),
  };
}
