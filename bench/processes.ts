/**
 * What a program and those that it started take of the host. Linux only: from
 * `/proc`, which Deno lets nobody read without all permissions, so `cat` does.
 *
 * @module
 */
import { spawnSync } from "node:child_process";

/** Memory and processor time of a process and all below it. */
export interface Usage {
  /** Resident bytes, shared pages counted once for each process. */
  readonly residentBytes: number;
  /**
   * Resident bytes of the mapping that has the most. For an emulator that is
   * the one that guest memory lies in: what the guest has touched of it, and
   * what we keep along with it (translations, decoded code).
   */
  readonly largestMappingBytes: number;
  /** Processor time so far. */
  readonly cpuSeconds: number;
}

const TICKS_PER_SECOND = 100;

function cat(script: string, pid: number): string {
  const { stdout } = spawnSync("sh", ["-c", script, "sh", String(pid)], {
    encoding: "utf8",
    maxBuffer: 64 * 2 ** 20,
  });
  return stdout;
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

function largestMapping(pid: number): number {
  const lines = cat("cat /proc/$1/smaps 2>/dev/null", pid).split("\n");
  const resident = lines.filter((line) => line.startsWith("Rss:"));
  return Math.max(0, ...resident.map(kilobytes));
}

function cpuSeconds(pid: number): number {
  // The name, in parentheses, may hold anything; fields follow its end.
  const stat = cat("cat /proc/$1/stat 2>/dev/null", pid);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) /
    TICKS_PER_SECOND;
}

/** Measures a process and all below it. */
export function usageOf(pid: number): Usage {
  const pids = family(pid);
  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
  return {
    residentBytes: sum(pids.map((each) =>
      kilobytes(
        /^VmRSS:.*$/m.exec(cat("cat /proc/$1/status 2>/dev/null", each))
          ?.[0] ?? "",
      )
    )),
    largestMappingBytes: Math.max(...pids.map(largestMapping)),
    cpuSeconds: sum(pids.map(cpuSeconds)),
  };
}
