/**
 * A vCPU's registers as any thread may use them: the vCPU is kept out of the
 * guest meanwhile. That makes a write under a mask one step, whoever else
 * writes; and a vCPU that waits for its exit to be served is out already.
 *
 * @module
 */
import type { MemoryLayout, VcpuLayout } from "../engine/layout.ts";
import { type OneRegOptions, writeOneReg } from "../one_reg.ts";
import { Registers } from "../registers.ts";
import { STATE, type StateName } from "../state.ts";
import { Hold } from "./hold.ts";
import { RunPage } from "./run_page.ts";

/** One vCPU, seen from a thread that is not its own. */
export class HeldVcpu {
  readonly block: VcpuLayout;
  readonly page: RunPage;
  readonly hold: Hold;
  /** To be touched by who holds the vCPU only. */
  readonly registers: Registers;

  constructor(memory: WebAssembly.Memory, layout: MemoryLayout, vcpu: number) {
    const block = layout.vcpus[vcpu];
    if (!block) throw new RangeError(`Cannot find vCPU: ${vcpu}`);
    this.block = block;
    this.page = new RunPage(memory.buffer, block.run);
    this.registers = new Registers(memory, block.state);
    this.hold = new Hold(
      this.page,
      new Int32Array(memory.buffer),
      (block.state + STATE.REQUEST.offset) >>> 2,
    );
  }

  getOneReg(name: StateName, index = 0): bigint {
    return this.hold.do(() => this.registers.get(name, index));
  }

  /** Carries `written` out too, before the vCPU may go on. */
  setOneReg(
    name: StateName,
    value: bigint,
    options: OneRegOptions = {},
    written?: () => void,
  ): void {
    this.hold.do(() => {
      writeOneReg(this.registers, name, value, options);
      written?.();
    });
  }
}
