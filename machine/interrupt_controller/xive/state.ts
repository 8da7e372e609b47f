/**
 * The state of XIVE as plain data.
 *
 * @module
 */
import { SOURCE } from "../../source_numbers.ts";
import {
  checkDistinct,
  type Fields,
  fieldsOf,
  flagOf,
  numberOf,
  recordsOf,
  refuse,
} from "../check.ts";
import { type EventQueue, QUEUE_SHIFTS } from "./event_queues.ts";
import type { Assignment } from "./event_sources.ts";
import { PQ } from "./event_state.ts";
import { MASKED, PRIORITIES, RESERVED_PRIORITY, RING } from "./layout.ts";
import type { XiveParts } from "./parts.ts";

/** State of a vCPU's thread context; the rest follows from it. */
export interface XiveThreadState {
  readonly cppr: number;
  readonly ipb: number;
  /** Count of acknowledgements to the reporting line, modulo 256. */
  readonly acknowledged: number;
  /** Address of the reporting line pair, null if there is none. */
  readonly reportingLine: number | null;
}

/** A queue with the vCPU and priority that it is of. */
export interface XiveQueueState extends EventQueue {
  readonly server: number;
  readonly priority: number;
}

/** State of a source that is not as after reset. */
export interface XiveSourceState {
  readonly number: number;
  readonly pq: number;
  readonly asserted: boolean;
  readonly eisn: number;
  /** Null where no queue was ever named. */
  readonly assignment: Assignment | null;
  readonly count: number;
}

/** All state of XIVE. */
export interface XiveState {
  readonly controller: "xive";
  /** By vCPU. */
  readonly threads: readonly XiveThreadState[];
  readonly queues: readonly XiveQueueState[];
  readonly sources: readonly XiveSourceState[];
}

/** Collects the state. */
export function saveXive(parts: XiveParts): XiveState {
  const { sources, threads } = parts;
  return {
    controller: "xive",
    threads: vcpusOf(parts).map((vcpu) => ({
      cppr: threads.register(vcpu, RING.CPPR),
      ipb: threads.register(vcpu, RING.IPB),
      acknowledged: threads.register(vcpu, RING.ACK_COUNT),
      reportingLine: threads.reportingLine(vcpu) ?? null,
    })),
    queues: vcpusOf(parts).flatMap((vcpu) => queuesOf(parts, vcpu)),
    sources: touched(parts).map((number) => ({
      number,
      pq: sources.pq(number),
      asserted: sources.asserted(number),
      eisn: sources.eisn(number),
      assignment: sources.assignment(number) ?? null,
      count: sources.count(number),
    })),
  };
}

/** Numbers of all vCPUs. */
export function vcpusOf({ threads }: XiveParts): number[] {
  return Array.from({ length: threads.vcpus }, (_, vcpu) => vcpu);
}

/** Queues of a vCPU. */
export function queuesOf(
  { queues }: XiveParts,
  server: number,
): XiveQueueState[] {
  return Array.from({ length: PRIORITIES }, (_, priority) => priority)
    .flatMap((priority) => {
      const queue = queues.queue(server * PRIORITIES + priority);
      return queue ? [{ server, priority, ...queue }] : [];
    });
}

/** Sources that are not as after reset. */
export function touched({ sources }: XiveParts): number[] {
  return Array.from({ length: SOURCE.end }, (_, source) => source).filter(
    (source) =>
      sources.pq(source) !== PQ.OFF ||
      sources.asserted(source) ||
      sources.eisn(source) !== source ||
      sources.assignment(source) !== undefined ||
      sources.count(source) !== 0,
  );
}

/** Takes a state over; see {@linkcode InterruptController} for errors. */
export function restoreXive(state: unknown, parts: XiveParts): void {
  const { sources, queues, threads } = parts;
  const checked = checkState(state, parts);
  sources.reset({ keepLines: false });
  queues.reset();
  threads.reset();
  for (const source of checked.sources) {
    sources.load(source.number, source);
    sources.setEisn(source.number, source.eisn);
    sources.assign(source.number, source.assignment ?? undefined);
  }
  for (const queue of checked.queues) {
    queues.setQueue(queue.server * PRIORITIES + queue.priority, queue);
  }
  checked.threads.forEach((thread, vcpu) => {
    threads.load(vcpu, thread);
    threads.setReportingLine(vcpu, thread.reportingLine ?? undefined);
  });
}

function checkState(state: unknown, parts: XiveParts): XiveState {
  const fields = fieldsOf(state, "state");
  if (fields.controller !== "xive") {
    refuse("state is not of XIVE", fields.controller);
  }
  const { vcpus } = parts.threads;
  const threads = recordsOf(fields.threads, "threads", vcpus)
    .map((thread) => checkThread(thread, parts));
  const queues = recordsOf(fields.queues, "queues")
    .map((queue) => checkQueue(queue, parts));
  checkDistinct(
    queues.map(({ server, priority }) => server * PRIORITIES + priority),
    "queues",
  );
  const sources = recordsOf(fields.sources, "sources")
    .map((source) => checkSource(source, parts));
  checkDistinct(sources.map(({ number }) => number), "sources");
  return { controller: "xive", threads, queues, sources };
}

function checkThread(thread: Fields, { ram }: XiveParts): XiveThreadState {
  const cppr = numberOf(thread, "cppr", 0xff);
  if (cppr >= PRIORITIES && cppr !== MASKED) {
    refuse("cppr is not a priority", cppr);
  }
  const reportingLine = thread.reportingLine === null
    ? null
    : numberOf(thread, "reportingLine", Number.MAX_SAFE_INTEGER);
  if (reportingLine !== null && !ram.contains(reportingLine, 256)) {
    refuse("reportingLine is not in RAM", reportingLine);
  }
  return {
    cppr,
    ipb: numberOf(thread, "ipb", 0xff),
    acknowledged: numberOf(thread, "acknowledged", 0xff),
    reportingLine,
  };
}

function checkQueue(queue: Fields, { ram, threads }: XiveParts) {
  const shift = numberOf(queue, "shift", 24);
  if (!QUEUE_SHIFTS.includes(shift)) {
    refuse("shift is not of a queue", shift);
  }
  const address = numberOf(queue, "address", Number.MAX_SAFE_INTEGER);
  if (!ram.contains(address, 2 ** shift) || address % 2 ** shift !== 0) {
    refuse("address of a queue is not in RAM or not aligned", address);
  }
  return {
    server: numberOf(queue, "server", threads.vcpus - 1),
    priority: numberOf(queue, "priority", RESERVED_PRIORITY - 1),
    address,
    shift,
    alwaysNotify: flagOf(queue, "alwaysNotify"),
    index: numberOf(queue, "index", 2 ** (shift - 2) - 1),
    generation: numberOf(queue, "generation", 1),
    pq: numberOf(queue, "pq", 3),
  };
}

function checkSource(source: Fields, { threads }: XiveParts): XiveSourceState {
  const to = source.assignment === null
    ? null
    : fieldsOf(source.assignment, "assignment");
  const number = numberOf(source, "number", SOURCE.end - 1);
  return {
    number,
    pq: numberOf(source, "pq", 3),
    asserted: flagOf(source, "asserted"),
    eisn: numberOf(source, "eisn", 0x7fff_ffff),
    assignment: to && {
      server: numberOf(to, "server", threads.vcpus - 1),
      priority: numberOf(to, "priority", RESERVED_PRIORITY - 1),
      masked: flagOf(to, "masked"),
    },
    count: numberOf(source, "count", 0xffff_ffff),
  };
}
