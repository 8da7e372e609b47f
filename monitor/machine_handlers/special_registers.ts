/**
 * Special purpose registers as `mfspr` and `mtspr` in hypervisor state show
 * them: what a register reads as and does with a value is told by its row
 * alone, carried out by the reference engine on a copy of the vCPU's
 * registers. What changed in the copy is then set in the vCPU.
 *
 * @module
 */
import type { CpuModel } from "../../cpu/accelerator.ts";
import { ReferenceOps } from "../../cpu/engine/reference/ops.ts";
import { Ram } from "../../cpu/engine/reference/ram.ts";
import { bits, value } from "../../cpu/engine/reference/values.ts";
import { type Spr, sprBits } from "../../cpu/isa/spr_row.ts";
import { sprsByNumber } from "../../cpu/isa/spr.ts";
import { Registers } from "../../cpu/registers.ts";
import { MSR, STATE, type StateName } from "../../cpu/state.ts";
import type { Machine } from "../../machine/machine.ts";
import { MonitorError } from "../errors.ts";

/** Registers that have a member of their own in `query-registers`. */
const SHOWN_APART: ReadonlySet<string> = new Set(["XER", "LR", "CTR"]);

/** What an engine leaves behind is no register. */
const NOT_REGISTERS: ReadonlySet<StateName> = new Set([
  "EXIT",
  "EXIT_VALUE",
  "EXCEPTION",
  "EXCEPTION_SRR1",
]);

const cache = new Map<CpuModel, ReadonlyMap<string, Spr>>();

/** The registers of a processor by the book's names, each under one number. */
export function sprsByName(cpu: CpuModel): ReadonlyMap<string, Spr> {
  let sprs = cache.get(cpu);
  if (!sprs) {
    const numbered = sprsByNumber(cpu === "power8" ? "2.07" : "3.0");
    sprs = new Map(
      [...numbered.values()]
        .filter(({ name, reads }) => reads && !name.includes("@"))
        .map((row) => [row.name, row]),
    );
    cache.set(cpu, sprs);
  }
  return sprs;
}

/** A copy of a vCPU's registers in hypervisor state. */
export class RegisterCopy {
  readonly ops: ReferenceOps;
  readonly #machine: Machine;
  readonly #vcpu: number;
  readonly #before: Registers;
  readonly #after: Registers;

  constructor(machine: Machine, vcpu: number) {
    this.#machine = machine;
    this.#vcpu = vcpu;
    const block = machine.accelerator.save(vcpu);
    this.#before = inHypervisorState(block.slice());
    this.#after = inHypervisorState(block.slice());
    this.ops = new ReferenceOps({
      registers: this.#after,
      ram: new Ram(new ArrayBuffer(8), 0, 8),
      hashTable: new BigUint64Array(0),
      timebase: () => BigInt(machine.clock.now()),
      random: () => 0n,
    });
  }

  /** What `mfspr` would give. */
  read(spr: Spr): bigint {
    return BigInt.asUintN(sprBits(spr), bits(spr.get(this.ops)));
  }

  /** All registers but those of Book I 2.3 and 3.2. */
  readAll(): [name: string, value: bigint][] {
    return [...sprsByName(this.#machine.platform.cpu)]
      .filter(([name]) => !SHOWN_APART.has(name))
      .map(([name, spr]) => [name, this.read(spr)]);
  }

  /** Does what `mtspr` would do, and sets in the vCPU what that changes. */
  write(spr: Spr, to: bigint): void {
    spr.set(this.ops, value(to));
    if (this.ops.exitReason === "message") {
      throw MonitorError.of("unsupported", {
        message: `Cannot set ${spr.name}: it would send a doorbell`,
      });
    }
    this.#transfer();
  }

  #transfer(): void {
    const { accelerator } = this.#machine;
    for (const [name, { count }] of Object.entries(STATE)) {
      const register = name as StateName;
      if (NOT_REGISTERS.has(register)) continue;
      for (let index = 0; index < count; index++) {
        const after = this.#after.get(register, index);
        const mask = this.#before.get(register, index) ^ after;
        if (mask === 0n) continue;
        accelerator.setOneReg(this.#vcpu, register, after, { mask, index });
      }
    }
    accelerator.dropTranslations(this.#vcpu);
  }
}

function inHypervisorState(block: Uint8Array): Registers {
  const registers = new Registers(block, 0);
  registers.set("MSR", (registers.get("MSR") | MSR.HV) & ~MSR.PR);
  return registers;
}
