/**
 * Whether a device and its driver mean the same byte order: the same ring, read
 * in both, and what that shows in words.
 *
 * @module
 */
import { isThere } from "./_inspect_memory.ts";
import type { DeviceCore } from "./core.ts";
import { FEATURE, hasFeature } from "./features.ts";
import { inspectRing } from "./inspect.ts";
import type { RingView } from "./ring_view.ts";
import type { ByteOrder, GuestMemory, GuestOrderEvidence } from "./world.ts";

/**
 * - `right`: the ring makes sense in the order that the device reads in;
 * - `swapped`: it makes sense in the other one only;
 * - `empty`: the driver has put nothing in;
 * - `unclear`: it makes sense in both, or in neither.
 */
export type Verdict = "right" | "swapped" | "empty" | "unclear";

/** How much sense a ring makes in an order. */
export interface Reading {
  readonly order: ByteOrder;
  /** Split rings: the available index. */
  readonly availableIndex: number | undefined;
  /** Split rings: how far it is ahead of the device. */
  readonly waiting: number | undefined;
  /** Descriptors in use whose buffer is there and whose flags have names. */
  readonly sound: number;
  /** Descriptors in use for which that is not so. */
  readonly unsound: number;
}

/** What is found in a queue. */
export interface QueueDiagnosis {
  readonly queue: number;
  readonly name: string;
  readonly verdict: Verdict;
  readonly readings: readonly Reading[];
  /** Sentences without full stop. */
  readonly findings: readonly string[];
}

/** What is found in a device. */
export interface Diagnosis {
  readonly device: string;
  readonly order: ByteOrder;
  readonly verdict: Verdict;
  /** Of the whole device, then of its queues; sentences without full stop. */
  readonly findings: readonly string[];
  readonly queues: readonly QueueDiagnosis[];
}

/**
 * Diagnoses all of a device's queues that are set up. `vcpus` says what the
 * guest's processors look like now. Has no effect on the device.
 */
export function diagnose(
  core: DeviceCore,
  vcpus: readonly GuestOrderEvidence[] = [],
): Diagnosis {
  const report = core.order.report();
  const queues = core.queues.filter(({ size }) => size > 0)
    .map(({ index }) => diagnoseQueue(core, index));
  const verdict = worst(queues.map((queue) => queue.verdict));
  const findings = [
    `the device reads ${report.order}-endian: ${report.explanation}`,
    ...forceFinding(report),
    ...breakageFinding(core),
    ...vcpuFindings(vcpus),
    ...queues.flatMap((queue) =>
      queue.findings.map((finding) =>
        `queue ${queue.queue} (${queue.name}): ${finding}`
      )
    ),
  ];
  return { device: core.name, order: report.order, verdict, findings, queues };
}

function diagnoseQueue(core: DeviceCore, index: number): QueueDiagnosis {
  const name = core.queues[index]?.name ?? "";
  const order = core.order.current;
  const other: ByteOrder = order === "big" ? "little" : "big";
  const memory = core.world.memory(
    hasFeature(core.agreed, FEATURE.accessPlatform),
  );
  try {
    const [own, swapped] = [order, other].map((as) =>
      read(inspectRing(core, index, { as, chains: false }), memory)
    ) as [Reading, Reading];
    const readings = [own, swapped];
    const verdict = judge(own, swapped);
    return {
      queue: index,
      name,
      verdict,
      readings,
      findings: describe(own, swapped, verdict),
    };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return {
      queue: index,
      name,
      verdict: "unclear",
      readings: [],
      findings: ["the ring does not lie in memory"],
    };
  }
}

function read(view: RingView, memory: GuestMemory): Reading {
  const used = view.descriptors.filter(({ address, length }) =>
    address !== 0n || length !== 0
  );
  const sound =
    used.filter(({ address, length, unknownFlags, flags, next }) =>
      unknownFlags === 0 && length > 0 &&
      !(flags.includes("next") && (next ?? 0) >= view.size) &&
      isThere(memory, address, length)
    ).length;
  const split = view.form === "split" ? view.available : undefined;
  return {
    order: view.order,
    availableIndex: split?.index,
    waiting: split?.waiting,
    sound,
    unsound: used.length - sound,
  };
}

/** Whether a ring can be meant in an order. */
function fits({ sound, unsound }: Reading): boolean {
  return sound > 0 && sound >= 9 * unsound;
}

function judge(own: Reading, other: Reading): Verdict {
  if (own.sound + own.unsound === 0) return "empty";
  if (fits(own) === fits(other)) return "unclear";
  return fits(own) ? "right" : "swapped";
}

function describe(own: Reading, other: Reading, verdict: Verdict): string[] {
  const findings: string[] = [];
  if (own.availableIndex !== undefined) {
    const [big, little] = own.order === "big" ? [own, other] : [other, own];
    findings.push(
      `available index is ${hex(big.availableIndex)} read big-endian and ${
        hex(little.availableIndex)
      } read little-endian`,
    );
  }
  const counted = ({ order, sound, unsound }: Reading) =>
    `${sound} of ${
      sound + unsound
    } descriptors in use make sense read ${order}-endian`;
  if (verdict !== "empty") findings.push(`${counted(own)}, ${counted(other)}`);
  findings.push(CONCLUSIONS[verdict]);
  return findings;
}

const CONCLUSIONS: Readonly<Record<Verdict, string>> = {
  right: "the ring is in the order that the device reads",
  swapped: "the ring is byte-swapped: the driver writes the other order",
  empty: "the driver has put nothing into the ring",
  unclear: "the ring does not show which order it is in",
};

function worst(verdicts: readonly Verdict[]): Verdict {
  const ranks: readonly Verdict[] = ["swapped", "right", "unclear", "empty"];
  return ranks.find((verdict) => verdicts.includes(verdict)) ?? "empty";
}

function forceFinding(
  { forced, unforced }: {
    forced: ByteOrder | undefined;
    unforced: ByteOrder;
  },
): string[] {
  return forced === undefined
    ? []
    : [`without the force it would read ${unforced}-endian`];
}

function breakageFinding({ breakage }: DeviceCore): string[] {
  return breakage === undefined
    ? []
    : [`the device is broken (${breakage.fault}): ${breakage.message}`];
}

function vcpuFindings(vcpus: readonly GuestOrderEvidence[]): string[] {
  return vcpus.map(({ vcpu, running, interrupts }) =>
    `vCPU ${vcpu} has MSR[LE]=${running === "little" ? 1 : 0} and LPCR[ILE]=${
      interrupts === "little" ? 1 : 0
    }`
  );
}

/** "1 (0x0001)" */
function hex(value: number | undefined): string {
  return `${value} (0x${(value ?? 0).toString(16).padStart(4, "0")})`;
}
