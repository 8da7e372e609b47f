/**
 * What happens in a machine, as the monitor's events tell it.
 *
 * @module
 */
import type { Instant } from "../../machine/machine_options.ts";
import type { CpuModel } from "../../cpu/accelerator.ts";
import type { PartitionEvent } from "../../machine/partition.ts";
import type { Instant as MonitorInstant, MonitorEvent } from "../backend.ts";
import { encodeBytes } from "../bytes.ts";
import type { EventData } from "../events.ts";
import { decodeLpcr, type LpcrField } from "../fields.ts";
import { formatHex, parseHex } from "../hex.ts";
import { hypercallResult } from "./calls.ts";

/** A moment as answers and events carry it. */
export function toMonitorInstant(at: Instant): MonitorInstant {
  return { instructions: formatHex(at.instructions), seconds: at.seconds };
}

/** An event of a partition as its row in `monitor/events.ts` describes it. */
export function toMonitorEvent(
  { name, data }: PartitionEvent,
  { at, cpu }: { at: Instant; cpu: CpuModel },
): MonitorEvent {
  return {
    name,
    data: name === "LPCR_CHANGE"
      ? lpcrChange(data, cpu)
      : name === "HCALL"
      ? hypercall(data)
      : data,
    at: toMonitorInstant(at),
  };
}

/** Bytes that the guest wrote to the first terminal. */
export function toConsoleEvent(bytes: Uint8Array, at: Instant): MonitorEvent {
  const data: EventData<"CONSOLE"> = {
    vty: 0,
    data: encodeBytes(bytes).data,
    text: new TextDecoder().decode(bytes),
  };
  return { name: "CONSOLE", data, at: toMonitorInstant(at) };
}

function lpcrChange(
  { vcpu, before, after, cause }: PartitionEvent["data"],
  cpu: CpuModel,
): EventData<"LPCR_CHANGE"> {
  const old = decodeLpcr(parseHex(String(before)), cpu);
  const now = decodeLpcr(parseHex(String(after)), cpu);
  const names = Object.keys(now) as LpcrField[];
  return {
    vcpu: Number(vcpu),
    before: String(before),
    after: String(after),
    changed: names.filter((name) => old[name] !== now[name]),
    by: String(cause),
  };
}

function hypercall(
  { vcpu, name, number, args, result }: PartitionEvent["data"],
): EventData<"HCALL"> {
  return {
    vcpu: Number(vcpu),
    name: String(name),
    number: String(number),
    args: args as Record<string, string>,
    result: hypercallResult(String(result)),
  };
}
