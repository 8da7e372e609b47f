// A vCPU's thread in a machine that has nothing else.
import { workerData } from "node:worker_threads";
import {
  runVcpuThread,
  type VcpuThreadStart,
} from "../cpu/threads/vcpu_thread.ts";

const { vcpu } = workerData as { vcpu: VcpuThreadStart };

runVcpuThread(vcpu, () => ({
  timebase: () => 0,
  random: () => 0,
  serve: () => false,
}));
