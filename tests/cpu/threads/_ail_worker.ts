// Writes LPCR[AIL] of two vCPUs over and over, and looks whether it stays.
import { workerData } from "node:worker_threads";
import type { MemoryLayout } from "../../../cpu/engine/layout.ts";
import { LPCR } from "../../../cpu/state.ts";
import { HeldVcpu } from "../../../cpu/threads/held_vcpu.ts";

const { memory, layout, rounds, done } = workerData as {
  memory: WebAssembly.Memory;
  layout: MemoryLayout;
  rounds: number;
  done: Int32Array;
};
const vcpus = [0, 1].map((vcpu) => new HeldVcpu(memory, layout, vcpu));
let lost = false;

function tell(state: number): void {
  Atomics.store(done, 0, state);
  Atomics.notify(done, 0);
}

tell(1);
for (let i = 0; i < rounds; i++) {
  const wanted = i % 2 === 0 ? LPCR.AIL : 0n;
  for (const vcpu of vcpus) {
    vcpu.setOneReg("LPCR", wanted, { mask: LPCR.AIL });
    lost ||= (vcpu.getOneReg("LPCR") & LPCR.AIL) !== wanted;
  }
}
tell(lost ? 3 : 2);
