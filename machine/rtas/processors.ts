/**
 * RTAS calls that start and stop processors (LoPAPR 7.3.8).
 *
 * @module
 */
import { RTAS, type RtasCall, type RtasContext } from "./table.ts";

/** Answers of query-cpu-stopped-state. */
const CPU = { stopped: 0, running: 2 } as const;

function queryCpuStoppedState(call: RtasContext): number {
  const vcpu = call.arg(0);
  if (vcpu >= call.world.platform.vcpus) return RTAS.PARAMETER_ERROR;
  call.result(1, call.world.isStopped(vcpu) ? CPU.stopped : CPU.running);
  return RTAS.SUCCESS;
}

function startCpu(call: RtasContext): number {
  const [vcpu, address, argument] = [call.arg(0), call.arg(1), call.arg(2)];
  const { platform } = call.world;
  if (vcpu >= platform.vcpus) return RTAS.PARAMETER_ERROR;
  if (!call.world.isStopped(vcpu)) return RTAS.HARDWARE_ERROR;
  call.world.startVcpu(vcpu, { address, argument, caller: call.vcpu });
  return RTAS.SUCCESS;
}

function stopSelf(call: RtasContext): number {
  call.world.stopVcpu(call.vcpu);
  return RTAS.SUCCESS;
}

/** The calls, by token. */
export const processorRtasCalls: readonly RtasCall[] = [
  {
    name: "query-cpu-stopped-state",
    token: 0x2005,
    args: 1,
    results: 2,
    handle: queryCpuStoppedState,
  },
  { name: "start-cpu", token: 0x2006, args: 3, results: 1, handle: startCpu },
  { name: "stop-self", token: 0x2007, args: 0, results: 1, handle: stopSelf },
];
