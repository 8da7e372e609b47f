/**
 * Hypercalls about one source of XIVE.
 *
 * @module
 */
import { H } from "../../hcall/codes.ts";
import type { HypercallContext } from "../../hcall/table.ts";
import { isLevelSensitive, isSource } from "../sources.ts";
import {
  ESB,
  MASKED,
  MINUS_ONE,
  PAGE_SHIFT,
  RESERVED_PRIORITY,
} from "./layout.ts";
import type { XiveParts } from "./parts.ts";

/** Flags that H_INT_GET_SOURCE_INFO gives: bits 60 and 61. */
const INFO = { useHypercall: 8n, levelSensitive: 4n } as const;

/** Flags of H_INT_SET_SOURCE_CONFIG: bits 62 and 63. */
const CONFIG = { setEisn: 2n, mask: 1n } as const;

/** Flag of H_INT_ESB: bit 63. */
const STORE = 1n;

/** What carries the calls out; the caller holds the lock. */
export function sourceActions({ sources, threads }: XiveParts) {
  /** The source of argument 2, or a return code below 0. */
  function sourceOf(call: HypercallContext, flags: bigint): number {
    if ((call.arg(1) & ~flags) !== 0n) return H.PARAMETER;
    const source = call.number(2);
    return isSource(source) ? source : H.P2;
  }

  /** LSIs are managed by H_INT_ESB, so that no load has to wait for a line. */
  function getInfo(call: HypercallContext): number {
    const source = sourceOf(call, 0n);
    if (source < 0) return source;
    const level = isLevelSensitive(source);
    const page = BigInt(ESB.base + source * ESB.stride);
    call.result(1, level ? INFO.useHypercall | INFO.levelSensitive : 0n);
    call.result(2, level ? MINUS_ONE : page + (1n << BigInt(PAGE_SHIFT)));
    call.result(3, level ? MINUS_ONE : page);
    call.result(4, PAGE_SHIFT);
    return H.SUCCESS;
  }

  function setConfig(call: HypercallContext): number {
    const source = sourceOf(call, CONFIG.setEisn | CONFIG.mask);
    if (source < 0) return source;
    const [flags, server, priority] = [
      call.arg(1),
      call.number(3),
      call.number(4),
    ];
    if (priority === MASKED) {
      sources.assign(source, undefined);
      sources.setEisn(source, source);
      return H.SUCCESS;
    }
    if (server >= threads.vcpus) return H.P3;
    if (priority >= RESERVED_PRIORITY) return H.P4;
    if ((flags & CONFIG.setEisn) !== 0n) {
      sources.setEisn(source, Number(BigInt.asUintN(31, call.arg(5))));
    }
    const masked = (flags & CONFIG.mask) !== 0n;
    sources.assign(source, { server, priority, masked });
    return H.SUCCESS;
  }

  function getConfig(call: HypercallContext): number {
    const source = sourceOf(call, 0n);
    if (source < 0) return source;
    const to = sources.assignment(source);
    call.result(1, to?.server ?? 0);
    call.result(2, to && !to.masked ? to.priority : MASKED);
    call.result(3, sources.eisn(source));
    return H.SUCCESS;
  }

  /** Serves sources that have pages too: nothing forbids it. */
  function esb(call: HypercallContext): number {
    const source = sourceOf(call, STORE);
    if (source < 0) return source;
    const offset = call.number(3);
    if (offset >= 2 ** PAGE_SHIFT || offset % 8 !== 0) return H.P3;
    if ((call.arg(1) & STORE) === 0n) {
      call.result(1, sources.loadFrom(source, offset));
    } else {
      sources.storeTo(source, offset);
      call.result(1, MINUS_ONE);
    }
    return H.SUCCESS;
  }

  /** Events are in their queues before the trigger is over. */
  function sync(call: HypercallContext): number {
    const source = sourceOf(call, 0n);
    return source < 0 ? source : H.SUCCESS;
  }

  return { getInfo, setConfig, getConfig, esb, sync };
}
