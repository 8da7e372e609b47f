/**
 * The state of XICS as plain data.
 *
 * @module
 */
import {
  checkDistinct,
  fieldsOf,
  flagOf,
  numberOf,
  recordsOf,
  refuse,
} from "../check.ts";
import { isDeviceSource } from "../sources.ts";
import { FIRST_SOURCE, FLAG, MASKED, SOURCES, XICS_IPI } from "./layout.ts";
import type { Presentation } from "./presentation.ts";
import type { SourceController } from "./source_controller.ts";

/** State of a vCPU's presentation controller. */
export interface XicsServerState {
  readonly cppr: number;
  readonly xisr: number;
  /** Priority of the source in xisr; 255 if there is none. */
  readonly pending: number;
  readonly mfrr: number;
  /** Timebase when the source in xisr was presented. */
  readonly stamp: number;
}

/** State of a source that is not as after reset. */
export interface XicsSourceState {
  readonly number: number;
  readonly server: number;
  readonly priority: number;
  readonly saved: number;
  readonly latched: boolean;
  readonly asserted: boolean;
  readonly sent: boolean;
  readonly count: number;
}

/** All state of XICS. */
export interface XicsState {
  readonly controller: "xics";
  /** By vCPU. */
  readonly servers: readonly XicsServerState[];
  readonly sources: readonly XicsSourceState[];
}

/** Numbers of all vCPUs. */
export function vcpusOf(presentation: Presentation): number[] {
  return Array.from({ length: presentation.vcpus }, (_, vcpu) => vcpu);
}

/** Collects the state. */
export function saveXics(
  sources: SourceController,
  presentation: Presentation,
): XicsState {
  return {
    controller: "xics",
    servers: vcpusOf(presentation).map((vcpu) => ({
      cppr: presentation.cppr(vcpu),
      xisr: presentation.xisr(vcpu),
      pending: presentation.pendingPriority(vcpu),
      mfrr: presentation.mfrr(vcpu),
      stamp: presentation.stamp(vcpu),
    })),
    sources: touched(sources).map((number) => ({
      number,
      server: sources.server(number),
      priority: sources.priority(number),
      saved: sources.savedPriority(number),
      latched: (sources.flags(number) & FLAG.LATCHED) !== 0,
      asserted: (sources.flags(number) & FLAG.ASSERTED) !== 0,
      sent: (sources.flags(number) & FLAG.SENT) !== 0,
      count: sources.count(number),
    })),
  };
}

/** Sources that are not as after reset. */
export function touched(sources: SourceController): number[] {
  return Array.from({ length: SOURCES }, (_, i) => FIRST_SOURCE + i).filter(
    (source) =>
      sources.priority(source) !== MASKED ||
      sources.savedPriority(source) !== MASKED ||
      sources.server(source) !== 0 ||
      sources.flags(source) !== 0 ||
      sources.count(source) !== 0,
  );
}

/** Takes a state over; see {@linkcode InterruptController} for errors. */
export function restoreXics(
  state: unknown,
  { sources, presentation }: {
    sources: SourceController;
    presentation: Presentation;
  },
): void {
  const { servers, entries } = checkState(state, presentation.vcpus);
  sources.reset();
  for (const entry of entries) {
    sources.configure(entry.number, entry);
    sources.load(
      entry.number,
      (entry.latched ? FLAG.LATCHED : 0) |
        (entry.asserted ? FLAG.ASSERTED : 0) |
        (entry.sent ? FLAG.SENT : 0),
      entry.count,
    );
  }
  servers.forEach((server, vcpu) => presentation.load(vcpu, server));
}

function checkState(
  state: unknown,
  vcpus: number,
): { servers: XicsServerState[]; entries: XicsSourceState[] } {
  const fields = fieldsOf(state, "state");
  if (fields.controller !== "xics") {
    refuse("state is not of XICS", fields.controller);
  }
  const servers = recordsOf(fields.servers, "servers", vcpus).map((server) => ({
    cppr: numberOf(server, "cppr", 0xff),
    xisr: numberOf(server, "xisr", 0xff_ffff),
    pending: numberOf(server, "pending", 0xff),
    mfrr: numberOf(server, "mfrr", 0xff),
    stamp: numberOf(server, "stamp", Number.MAX_SAFE_INTEGER),
  }));
  for (const { xisr, pending, cppr } of servers) {
    const known = xisr === 0 || xisr === XICS_IPI || isDeviceSource(xisr);
    if (!known) refuse("no source has the number in xisr", xisr);
    if (xisr === 0 ? pending !== MASKED : pending >= cppr) {
      refuse("pending does not fit xisr and cppr", pending);
    }
  }
  const entries = recordsOf(fields.sources, "sources").map((source) => ({
    number: numberOf(source, "number", FIRST_SOURCE + SOURCES - 1),
    server: numberOf(source, "server", vcpus - 1),
    priority: numberOf(source, "priority", 0xff),
    saved: numberOf(source, "saved", 0xff),
    latched: flagOf(source, "latched"),
    asserted: flagOf(source, "asserted"),
    sent: flagOf(source, "sent"),
    count: numberOf(source, "count", 0xffff_ffff),
  }));
  const numbers = entries.map(({ number }) => number);
  checkDistinct(numbers, "sources");
  const other = numbers.find((number) => !isDeviceSource(number));
  if (other !== undefined) refuse("no source has the number", other);
  return { servers, entries };
}
