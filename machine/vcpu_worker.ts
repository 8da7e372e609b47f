// A vCPU's thread, on the machine's clock, with what it serves itself.
import { workerData } from "node:worker_threads";
import {
  runVcpuThread,
  type VcpuThreadStart,
} from "../cpu/threads/vcpu_thread.ts";
import { HostClock } from "./clock.ts";
import type { Platform } from "./partition.ts";
import { HostRandom } from "./random.ts";
import { ServiceCounts } from "./service_counts.ts";
import { VcpuServices } from "./vcpu_services.ts";

const { vcpu, clock, platform, counts } = workerData as {
  vcpu: VcpuThreadStart;
  clock: SharedArrayBuffer;
  platform: Platform;
  counts: SharedArrayBuffer;
};
const random = new HostRandom();

runVcpuThread(vcpu, (thread, now) => {
  const shared = HostClock.attach(clock, now);
  const timebase = () => shared.now();
  const { memory, layout } = vcpu;
  const services = new VcpuServices({
    thread,
    memory,
    layout,
    platform,
    timebase,
    counts: new ServiceCounts(counts),
  });
  return {
    timebase,
    random: () => random.next(),
    serve: (reason) => services.serve(reason),
  };
});
