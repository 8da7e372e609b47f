// A vCPU's thread, on the machine's clock.
import { workerData } from "node:worker_threads";
import {
  runVcpuThread,
  type VcpuThreadStart,
} from "../cpu/threads/vcpu_thread.ts";
import { HostClock } from "./clock.ts";
import { HostRandom } from "./random.ts";

const { vcpu, clock } = workerData as {
  vcpu: VcpuThreadStart;
  clock: SharedArrayBuffer;
};
const random = new HostRandom();

runVcpuThread(vcpu, (now) => {
  const shared = HostClock.attach(clock, now);
  return { timebase: () => shared.now(), random: () => random.next() };
});
