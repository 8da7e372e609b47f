/**
 * Each thread's clock starts when the thread does. What one thread must add to
 * its own to have another's comes from asking back and forth: the shortest
 * round says it to within half of its length, some microseconds.
 *
 * @module
 */
import { type RunPage, WORD } from "./run_page.ts";

const ROUNDS = 20;

/**
 * Longest wait for an answer, in milliseconds: then the thread is dead. Under
 * `deno test` a thread's module is type-checked first, which takes its time.
 */
const PATIENCE = 300_000;

/** Asks the thread of the page; true once it is known how it differs. */
export function askClock(page: RunPage, now: () => number): void {
  let shortest = Infinity;
  for (let round = 1; round <= ROUNDS; round++) {
    const start = now();
    page.set(WORD.CLOCK_ASKED, round);
    page.notify(WORD.CLOCK_ASKED);
    while (page.get(WORD.CLOCK_ANSWERED) !== round) {
      if (page.exit === "fault") return;
      if (now() - start > PATIENCE) {
        throw new Error("Cannot start vCPU: its thread does not answer");
      }
      page.wait(WORD.CLOCK_ANSWERED, round - 1, 100);
    }
    const end = now();
    if (end - start >= shortest) continue;
    shortest = end - start;
    page.lead = (start + end) / 2 - page.clock.shown;
  }
  page.set(WORD.CLOCK_ASKED, ROUNDS + 1);
  page.notify(WORD.CLOCK_ASKED);
}

/** The thread's side; gives what it has to add. */
export function answerClock(page: RunPage, now: () => number): number {
  for (let round = 1; round <= ROUNDS + 1; round++) {
    while (page.get(WORD.CLOCK_ASKED) !== round) {
      if (page.get(WORD.STOP) !== 0) return 0;
      page.wait(WORD.CLOCK_ASKED, round - 1);
    }
    page.shown = now();
    page.set(WORD.CLOCK_ANSWERED, round);
    page.notify(WORD.CLOCK_ANSWERED);
  }
  return page.clock.lead;
}
