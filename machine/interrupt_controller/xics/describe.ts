/**
 * The state of XICS to look at.
 *
 * @module
 */
import {
  isLevelSensitive,
  type SourceDescription,
  sourceName,
} from "../sources.ts";
import { FLAG, MASKED } from "./layout.ts";
import type { Presentation } from "./presentation.ts";
import type { SourceController } from "./source_controller.ts";
import { touched, vcpusOf } from "./state.ts";

/** What people and the monitor see of XICS. */
export interface XicsDescription {
  readonly controller: "xics";
  readonly servers: readonly {
    readonly vcpu: number;
    readonly server: number;
    readonly cppr: number;
    readonly mfrr: number;
    /** Source presented, 0 if none. */
    readonly xisr: number;
    /** Whether the external interrupt is raised. */
    readonly pending: boolean;
  }[];
  readonly sources: readonly (SourceDescription & {
    readonly state: readonly XicsCondition[];
  })[];
}

/**
 * How a source stands: "presented" to a vCPU, then "sent" until its end of
 * interrupt; "rejected" for now, or held back because it is masked.
 */
export type XicsCondition =
  | "masked-pending"
  | "presented"
  | "sent"
  | "rejected";

/** Describes sources in use and all vCPUs. */
export function describeXics(
  sources: SourceController,
  presentation: Presentation,
): XicsDescription {
  const vcpus = vcpusOf(presentation);
  const presented = new Set(vcpus.map((vcpu) => presentation.xisr(vcpu)));
  return {
    controller: "xics",
    servers: vcpus.map((vcpu) => ({
      vcpu,
      server: vcpu,
      cppr: presentation.cppr(vcpu),
      mfrr: presentation.mfrr(vcpu),
      xisr: presentation.xisr(vcpu),
      pending: presentation.xisr(vcpu) !== 0,
    })),
    sources: touched(sources).map((number) => ({
      number,
      name: sourceName(number),
      trigger: isLevelSensitive(number) ? "level" : "edge",
      server: sources.server(number),
      priority: sources.priority(number),
      asserted: (sources.flags(number) & FLAG.ASSERTED) !== 0,
      count: sources.count(number),
      state: conditions(sources, number, presented.has(number)),
    })),
  };
}

function conditions(
  sources: SourceController,
  source: number,
  presented: boolean,
): XicsCondition[] {
  const flags = sources.flags(source);
  const due = isLevelSensitive(source) ? FLAG.ASSERTED : FLAG.LATCHED;
  const out: XicsCondition[] = [];
  if ((flags & FLAG.SENT) !== 0) out.push(presented ? "presented" : "sent");
  if ((flags & (due | FLAG.SENT)) === due) {
    out.push(
      sources.priority(source) === MASKED ? "masked-pending" : "rejected",
    );
  } else if ((flags & FLAG.LATCHED) !== 0) out.push("rejected");
  return out;
}
