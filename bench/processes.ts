/**
 * What a program and those that it started take of the host. Linux only: from
 * `/proc`, which Deno lets nobody read without all permissions, so others do.
 *
 * @module
 */
import { spawnSync } from "node:child_process";

/** Memory and processor time of a process and all below it. */
export interface Usage {
  /** Resident bytes, shared pages counted once for each process. */
  readonly residentBytes: number;
  /** What of it is guest memory, which the guest has touched. */
  readonly guestBytes: number;
  /** Processor time so far. */
  readonly cpuSeconds: number;
}

const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

function output(script: string, ...args: number[]): Uint8Array {
  const { stdout } = spawnSync(
    "sh",
    ["-c", script, "sh", ...args.map(String)],
    {
      maxBuffer: 64 * 2 ** 20,
    },
  );
  return stdout;
}

function cat(script: string, pid: number): string {
  return new TextDecoder().decode(output(script, pid));
}

/** A process and all below it. */
function family(pid: number): number[] {
  const children = cat("cat /proc/$1/task/*/children 2>/dev/null", pid)
    .split(/\s+/).filter((text) => text !== "").map(Number);
  return [pid, ...children.flatMap(family)];
}

/** Bytes of a line like "Rss:   12 kB". */
function kilobytes(text: string): number {
  return Number(/(\d+) kB/.exec(text)?.[1] ?? 0) * 1024;
}

function cpuSeconds(pid: number): number {
  // The name, in parentheses, may hold anything; fields follow its end.
  const stat = cat("cat /proc/$1/stat 2>/dev/null", pid);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) /
    TICKS_PER_SECOND;
}

/** Ends of the writable mappings that guest memory could be the end of. */
function guestMappings(pid: number, memoryBytes: number): number[] {
  return cat("cat /proc/$1/maps 2>/dev/null", pid).split("\n")
    .flatMap((line) => {
      const [, start, end] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? [];
      const [from, to] = [parseInt(start ?? "", 16), parseInt(end ?? "", 16)];
      return to - from >= memoryBytes ? [to] : [];
    });
}

/**
 * Resident bytes of guest memory: with ours and with QEMU it is the last part
 * of the mapping that it lies in.
 */
function guestBytes(pid: number, memoryBytes: number): number {
  const counts = guestMappings(pid, memoryBytes).map((end) => {
    const first = (end - memoryBytes) / PAGE_BYTES;
    const entries = output(
      "dd if=/proc/$1/pagemap bs=65536 iflag=skip_bytes,count_bytes " +
        "skip=$2 count=$3 2>/dev/null",
      pid,
      first * 8,
      memoryBytes / PAGE_BYTES * 8,
    );
    let present = 0;
    // Bit 63 of each entry (Linux, admin-guide/mm/pagemap.rst).
    for (let at = 7; at < entries.length; at += 8) {
      if ((entries[at] ?? 0) & 0x80) present++;
    }
    return present * PAGE_BYTES;
  });
  return Math.max(0, ...counts);
}

/**
 * Measures a process and all below it.
 *
 * @param memoryBytes Size of the guest's memory, if it is an emulator.
 */
export function usageOf(pid: number, memoryBytes: number = Infinity): Usage {
  const pids = family(pid);
  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
  return {
    residentBytes: sum(pids.map((each) =>
      kilobytes(
        /^VmRSS:.*$/m.exec(cat("cat /proc/$1/status 2>/dev/null", each))
          ?.[0] ?? "",
      )
    )),
    guestBytes: Math.max(...pids.map((each) => guestBytes(each, memoryBytes))),
    cpuSeconds: sum(pids.map(cpuSeconds)),
  };
}
