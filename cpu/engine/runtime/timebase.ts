/**
 * Reading the timebase.
 *
 * A host's clock is slow to read, and a guest that waits does nothing else. So
 * the machine is asked once in a while only; in between the timebase advances
 * by one tick an instruction, which is what a clock that follows instructions
 * does anyway. At 512 MHz that is slower than the host's clock where fewer
 * than 512 million instructions a second are carried out.
 *
 * @module
 */
import { STATE } from "../../state.ts";
import type { FunctionSet } from "./functions.ts";

/** Instructions for which a reading serves. */
const SERVES = 256;

/** (state) → timebase without TB_OFFSET; BUDGET must be up to date. */
export function readTimebase(f: FunctionSet): number {
  return f.once("timebase", (_m, c) => {
    const budget = c.local("i32");
    const floor = c.local("i64");
    const now = c.local("i64");
    c.get(0);
    c.memory("i32.load", STATE.BUDGET.offset);
    c.set(budget);
    c.get(0);
    c.memory("i64.load", STATE.TIMEBASE_FLOOR.offset);
    c.set(floor);
    c.get(budget);
    c.get(0);
    c.memory("i32.load", STATE.TIMEBASE_UNTIL.offset);
    c.op("i32.ge_s");
    c.if(true);
    c.get(floor);
    c.i64(1);
    c.op("i64.sub");
    c.get(0);
    c.memory("i32.load", STATE.TIMEBASE_BUDGET.offset);
    c.get(budget);
    c.op("i32.sub");
    c.op("i64.extend_i32_u");
    c.op("i64.add");
    c.set(now);
    c.else();
    c.get(0);
    c.memory("i32.load", STATE.VCPU.offset);
    c.call(f.imports.timebase);
    c.op("i64.trunc_f64_u");
    c.set(now);
    // Time goes on, even where instructions were faster than the clock.
    c.get(now);
    c.get(floor);
    c.op("i64.lt_u");
    c.if(false);
    c.get(floor);
    c.set(now);
    c.end();
    c.get(0);
    c.get(budget);
    c.i32(SERVES);
    c.op("i32.sub");
    c.memory("i32.store", STATE.TIMEBASE_UNTIL.offset);
    c.end();
    // What one vCPU has read, no other may read any more.
    if (f.layout.concurrent) {
      f.forEachVcpu(c, (block) => {
        c.get(block);
        c.memory("i64.atomic.load", STATE.TIMEBASE_FLOOR.offset);
        c.set(floor);
        c.get(floor);
        c.get(now);
        c.op("i64.gt_u");
        c.if(false);
        c.get(floor);
        c.set(now);
        c.end();
      });
    }
    c.get(0);
    c.get(now);
    c.i64(1);
    c.op("i64.add");
    c.memory("i64.store", STATE.TIMEBASE_FLOOR.offset);
    c.get(0);
    c.get(budget);
    c.memory("i32.store", STATE.TIMEBASE_BUDGET.offset);
    c.get(now);
  }, { results: ["i64"] });
}
