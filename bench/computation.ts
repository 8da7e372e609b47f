/**
 * Shells that count, in guests that take turns: what disturbs the host for a
 * while disturbs all of them, and the least of several turns none.
 *
 * @module
 */
import type { CommandLine } from "./emulator.ts";
import { Running } from "./running.ts";

/** Longest time for anything that is measured, in seconds. */
export const PATIENCE = 600;

/** Processes that compute. */
const PROCESSES = 4;

/** Rounds of each before anything is measured: what is hot gets compiled. */
const WARMING = 150_000;

/** Rounds of each process in a turn. */
const ROUNDS = 60_000;

/** Turns, of which the quickest counts. */
export const TURNS = 3;

/** What is compared: guests that run at once and share the processes. */
export interface Entrant {
  readonly name: string;
  readonly commands: readonly CommandLine[];
}

/**
 * Defines a command of the shell: processes count so far, and something is
 * printed when all have. Typing it takes a guest longer than one might think.
 */
function definition(processes: number): string {
  const numbers = Array.from({ length: processes }, (_, i) => i).join(" ");
  return `compute() { for i in ${numbers}; do (n=0; while [ $n -lt $1 ]; do n=$((n+1)); done)` +
    " & done; wait; echo COMPUTED-$((6*7)); }\n";
}

/** Starts an emulator; gives it at the shell's prompt, and seconds until then. */
export async function boot(
  command: CommandLine,
): Promise<{ running: Running; seconds: number }> {
  const start = performance.now();
  const running = new Running(command);
  try {
    await running.expect(/READY-MARK[\s\S]*# /, { seconds: PATIENCE });
  } catch (error) {
    await running[Symbol.asyncDispose]();
    throw error;
  }
  return { running, seconds: (performance.now() - start) / 1000 };
}

/** Seconds that guests take for all processes together. */
async function compute(
  guests: readonly Running[],
  rounds: number,
): Promise<number> {
  const start = performance.now();
  await Promise.all(guests.map((guest) => {
    guest.type(`compute ${rounds}\n`);
    return guest.expect(/COMPUTED-42/, { seconds: PATIENCE });
  }));
  return (performance.now() - start) / 1000;
}

/**
 * Boots all, makes them warm, and lets them compute in turn.
 *
 * @returns Seconds of each one's quickest turn, by name
 */
export async function measureInTurn(
  entrants: readonly Entrant[],
  say: (text: string) => void,
): Promise<Map<string, number>> {
  await using stack = new AsyncDisposableStack();
  const ready: { name: string; guests: Running[] }[] = [];
  for (const { name, commands } of entrants) {
    const guests: Running[] = [];
    for (const command of commands) {
      const { running } = await boot(command);
      guests.push(stack.use(running));
      running.type(definition(PROCESSES / commands.length));
    }
    const seconds = await compute(guests, WARMING);
    say(`${name}: warm after ${seconds.toFixed(2)} s`);
    ready.push({ name, guests });
  }
  const quickest = new Map<string, number>();
  for (let turn = 0; turn < TURNS; turn++) {
    for (const { name, guests } of ready) {
      const seconds = await compute(guests, ROUNDS);
      say(`${name}: ${seconds.toFixed(2)} s`);
      quickest.set(name, Math.min(seconds, quickest.get(name) ?? Infinity));
    }
  }
  return quickest;
}
