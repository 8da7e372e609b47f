/**
 * What a guest that waits at its prompt costs the host.
 *
 * @module
 */
import { READY_MARK } from "../guests/mod.ts";
import type { Emulator } from "./emulator.ts";
import type { BenchGuest } from "./guests.ts";
import { usageOf } from "./processes.ts";
import { Running } from "./running.ts";

const BOOT_SECONDS = 180;
/** Until what a guest does after its start is done. */
const SETTLE_SECONDS = 5;

function sleep(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

/**
 * Boots a guest, lets it settle, and watches it for a while.
 *
 * @returns Processor time per time, as a share of one core
 */
export async function measureIdle(
  emulator: Emulator,
  { guest, seconds }: { guest: BenchGuest; seconds: number },
): Promise<number> {
  await using running = new Running(emulator.commandLine(guest));
  await running.expect(new RegExp(READY_MARK), { seconds: BOOT_SECONDS });
  await running.expect(/# $/, { seconds: BOOT_SECONDS });
  await sleep(SETTLE_SECONDS);
  const before = usageOf(running.pid);
  const start = performance.now();
  await sleep(seconds);
  const after = usageOf(running.pid);
  const elapsed = (performance.now() - start) / 1000;
  return (after.cpuSeconds - before.cpuSeconds) / elapsed;
}
