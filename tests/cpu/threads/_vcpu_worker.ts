// A vCPU's thread in tests: its timebase is the host's clock.
import { workerData } from "node:worker_threads";
import {
  runVcpuThread,
  type VcpuThreadStart,
} from "../../../cpu/threads/vcpu_thread.ts";

const { vcpu } = workerData as { vcpu: VcpuThreadStart };

runVcpuThread(vcpu, (_thread, now) => ({
  timebase: () => Math.floor(now() * 512_000),
  random: () => 4,
  serve: () => false,
}));
