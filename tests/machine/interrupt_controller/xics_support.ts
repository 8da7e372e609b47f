// What a guest does with XICS, by name.
import { strictEqual } from "node:assert/strict";
import { Bench } from "./support.ts";

export const IPI = 2;
export const MSI = 0x1300;
export const LSI = 0x1200;

export class XicsBench extends Bench {
  constructor(options: { vcpus?: number; buffer?: ArrayBufferLike } = {}) {
    super("xics", options);
  }

  cppr(vcpu: number, cppr: number): void {
    strictEqual(this.hcall(vcpu, "H_CPPR", cppr).code, 0);
  }

  ipi(server: number, mfrr: number): void {
    strictEqual(this.hcall(0, "H_IPI", server, mfrr).code, 0);
  }

  /** XIRR: CPPR as it was, then the source. */
  accept(vcpu: number): { cppr: number; source: number } {
    const { code, results } = this.hcall(vcpu, "H_XIRR");
    strictEqual(code, 0);
    const xirr = Number(results[0]);
    return { cppr: xirr >>> 24, source: xirr & 0xff_ffff };
  }

  eoi(vcpu: number, cppr: number, source: number): void {
    const xirr = ((cppr << 24) | source) >>> 0;
    strictEqual(this.hcall(vcpu, "H_EOI", xirr).code, 0);
  }

  /** Sends a source to a vCPU with a priority. */
  route(source: number, server: number, priority: number): void {
    strictEqual(this.rtas("ibm,set-xive", source, server, priority)[0], 0);
  }
}
