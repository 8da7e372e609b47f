/**
 * Hypercalls that set XIVE up (LoPAPR 14.5.4.7.6 to 14.5.4.7.16). H_State is
 * never given: H_INT_RESET is over before another call can begin.
 *
 * @module
 */
import { H } from "../../hcall/codes.ts";
import {
  type Hypercall,
  hypercall,
  type HypercallContext,
} from "../../hcall/table.ts";
import { MINUS_ONE } from "./layout.ts";
import type { XiveParts } from "./parts.ts";
import { queueActions } from "./queue_hypercalls.ts";
import { sourceActions } from "./source_hypercalls.ts";

/** Bytes of a pair of cache lines, and how a pair must be aligned. */
const LINE_PAIR = 256;
const CACHE_LINE = 128;

/** The calls, by number. */
export function xiveHypercalls(parts: XiveParts): Hypercall[] {
  const { sources, queues, threads, ram } = parts;

  function setReportingLine(call: HypercallContext): number {
    if (call.arg(1) !== 0n) return H.PARAMETER;
    if (call.arg(2) === MINUS_ONE) {
      threads.setReportingLine(call.vcpu, undefined);
      return H.SUCCESS;
    }
    const line = call.number(2);
    const fits = ram.contains(line, LINE_PAIR) && line % CACHE_LINE === 0;
    if (!fits) return H.P2;
    threads.setReportingLine(call.vcpu, line);
    return H.SUCCESS;
  }

  function getReportingLine(call: HypercallContext): number {
    if (call.arg(1) !== 0n) return H.PARAMETER;
    const target = call.number(2);
    if (target >= threads.vcpus) return H.P2;
    call.result(1, threads.reportingLine(target) ?? MINUS_ONE);
    return H.SUCCESS;
  }

  function reset(call: HypercallContext): number {
    if (call.arg(1) !== 0n) return H.PARAMETER;
    sources.reset({ keepLines: true });
    queues.reset();
    for (let vcpu = 0; vcpu < threads.vcpus; vcpu++) {
      threads.setReportingLine(vcpu, undefined);
    }
    return H.SUCCESS;
  }

  const row = (
    name: string,
    number: number,
    args: string,
    handle: (call: HypercallContext) => number,
  ) =>
    hypercall(name, number, args, {
      handle,
      hypertas: "hcall-int-exploitation",
    });

  const source = sourceActions(parts);
  const queue = queueActions(parts);
  return [
    row("H_INT_GET_SOURCE_INFO", 0x3a8, "flags lisn", source.getInfo),
    row(
      "H_INT_SET_SOURCE_CONFIG",
      0x3ac,
      "flags lisn target priority eisn",
      source.setConfig,
    ),
    row("H_INT_GET_SOURCE_CONFIG", 0x3b0, "flags lisn", source.getConfig),
    row("H_INT_GET_QUEUE_INFO", 0x3b4, "flags target priority", queue.getInfo),
    row(
      "H_INT_SET_QUEUE_CONFIG",
      0x3b8,
      "flags target priority event_queue event_queue_size",
      queue.setConfig,
    ),
    row(
      "H_INT_GET_QUEUE_CONFIG",
      0x3bc,
      "flags target priority",
      queue.getConfig,
    ),
    row(
      "H_INT_SET_OS_REPORTING_LINE",
      0x3c0,
      "flags reporting_line",
      setReportingLine,
    ),
    row(
      "H_INT_GET_OS_REPORTING_LINE",
      0x3c4,
      "flags target",
      getReportingLine,
    ),
    row("H_INT_ESB", 0x3c8, "flags lisn esb_offset store_data", source.esb),
    row("H_INT_SYNC", 0x3cc, "flags lisn", source.sync),
    row("H_INT_RESET", 0x3d0, "flags", reset),
  ];
}
