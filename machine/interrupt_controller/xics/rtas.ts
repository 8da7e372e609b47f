/**
 * RTAS calls of XICS, which set a source's external interrupt vector entry:
 * its server and priority (LoPAPR 7.3.10).
 *
 * @module
 */
import { RTAS, type RtasCall, type RtasContext } from "../../rtas/table.ts";
import type { SharedLock } from "../lock.ts";
import { isDeviceSource } from "../sources.ts";
import { MASKED } from "./layout.ts";
import type { Presentation } from "./presentation.ts";
import type { SourceController } from "./source_controller.ts";

/** The calls, by token. */
export function xicsRtasCalls(
  presentation: Presentation,
  { lock, sources }: { lock: SharedLock; sources: SourceController },
): RtasCall[] {
  function set(
    source: number,
    entry: { server: number; priority: number; saved: number },
  ): number {
    sources.configure(source, entry);
    presentation.deliver(source);
    return RTAS.SUCCESS;
  }

  // LoPAPR R1-7.3.10.2-4 lets a masked source keep the new priority for
  // ibm,int-on only, or take it at once. It is taken at once, as by KVM: some
  // guests never call ibm,int-on.
  function setXive(call: RtasContext): number {
    const [source, server, priority] = [call.arg(0), call.arg(1), call.arg(2)];
    const known = isDeviceSource(source) && server < presentation.vcpus;
    if (!known || priority > MASKED) return RTAS.PARAMETER_ERROR;
    return set(source, { server, priority, saved: priority });
  }

  // Masked reads as masked: writing back what was read must not unmask.
  function getXive(call: RtasContext): number {
    const source = call.arg(0);
    if (!isDeviceSource(source)) return RTAS.PARAMETER_ERROR;
    call.result(1, sources.server(source));
    call.result(2, sources.priority(source));
    return RTAS.SUCCESS;
  }

  // A second call must not save what the first one has set.
  function intOff(call: RtasContext): number {
    const source = call.arg(0);
    if (!isDeviceSource(source)) return RTAS.PARAMETER_ERROR;
    const server = sources.server(source);
    const priority = sources.priority(source);
    const saved = priority === MASKED
      ? sources.savedPriority(source)
      : priority;
    return set(source, { server, priority: MASKED, saved });
  }

  function intOn(call: RtasContext): number {
    const source = call.arg(0);
    if (!isDeviceSource(source)) return RTAS.PARAMETER_ERROR;
    const server = sources.server(source);
    const saved = sources.savedPriority(source);
    return set(source, { server, priority: saved, saved });
  }

  const row = (
    name: string,
    token: number,
    shape: { args: number; results: number },
    handle: (call: RtasContext) => number,
  ): RtasCall => ({ name, token, ...shape, handle: lock.guard(handle) });

  return [
    row("ibm,set-xive", 0x200a, { args: 3, results: 1 }, setXive),
    row("ibm,get-xive", 0x200b, { args: 1, results: 3 }, getXive),
    row("ibm,int-off", 0x200c, { args: 1, results: 1 }, intOff),
    row("ibm,int-on", 0x200d, { args: 1, results: 1 }, intOn),
  ];
}
