import { ok, strictEqual } from "node:assert/strict";
import { randomNumbers } from "./support.ts";
import { IPI, LSI, MSI, XicsBench } from "./xics_support.ts";

const VCPUS = 3;
const SOURCES = [MSI, MSI + 1, MSI + 31, MSI + 32, LSI, LSI + 1, LSI + 40];

/** A guest that does anything at any time, and remembers what is owed. */
class RandomGuest {
  readonly bench = new XicsBench({ vcpus: VCPUS });
  readonly #random: (limit: number) => number;
  /** By vCPU: what it is handling, with the CPPR to go back to. */
  readonly #handling: { cppr: number; source: number }[][];
  /** Edges that nobody has accepted since. */
  readonly #owed = new Set<number>();
  readonly #levels = new Set<number>();

  constructor(seed: number) {
    this.#random = randomNumbers(seed);
    this.#handling = Array.from({ length: VCPUS }, () => []);
    for (let vcpu = 0; vcpu < VCPUS; vcpu++) this.bench.cppr(vcpu, 0xff);
  }

  step(): void {
    const random = this.#random;
    const vcpu = random(VCPUS);
    const source = SOURCES[random(SOURCES.length)] ?? MSI;
    switch (random(9)) {
      case 0:
      case 1:
        return this.#device(source);
      case 2:
        return this.bench.route(
          source,
          random(VCPUS),
          random(8) === 0 ? 0xff : random(10),
        );
      case 3:
        this.bench.rtas(random(2) ? "ibm,int-on" : "ibm,int-off", source);
        return;
      case 4:
        return this.bench.ipi(vcpu, random(3) === 0 ? random(10) : 0xff);
      case 5:
      case 6:
        return this.#accept(vcpu);
      case 7:
        return this.#end(vcpu);
      case 8:
        if (this.#handling[vcpu]?.length === 0) {
          this.bench.cppr(vcpu, random(3) === 0 ? random(10) : 0xff);
        }
    }
  }

  #device(source: number): void {
    if (source >= MSI) {
      this.#owed.add(source);
      this.bench.controller.trigger(source);
    } else {
      const on = this.#random(2) === 1;
      if (on) this.#levels.add(source);
      else this.#levels.delete(source);
      this.bench.controller.setLevel(source, on);
    }
  }

  #accept(vcpu: number): void {
    const due = this.bench.pending[vcpu];
    const { cppr, source } = this.bench.accept(vcpu);
    strictEqual(source !== 0, due);
    if (source === 0) return;
    if (source === IPI) this.bench.ipi(vcpu, 0xff);
    else {
      const handled = this.#handling.some((stack) =>
        stack.some((entry) => entry.source === source)
      );
      ok(!handled, "two vCPUs handle one source");
    }
    this.#owed.delete(source);
    this.#handling[vcpu]?.push({ cppr, source });
  }

  #end(vcpu: number): void {
    const entry = this.#handling[vcpu]?.pop();
    if (entry) this.bench.eoi(vcpu, entry.cppr, entry.source);
  }

  /** All is handled and unmasked: whatever is owed has to come now. */
  settle(): void {
    for (let vcpu = 0; vcpu < VCPUS; vcpu++) {
      while (this.#handling[vcpu]?.length !== 0) this.#end(vcpu);
      this.bench.cppr(vcpu, 0xff);
      this.bench.ipi(vcpu, 0xff);
    }
    for (const source of [...this.#levels]) {
      this.#levels.delete(source);
      this.bench.controller.setLevel(source, false);
    }
    for (const source of SOURCES) this.bench.route(source, 0, 5);
    for (let i = 0; i < 100 && this.bench.pending.includes(true); i++) {
      const vcpu = this.bench.pending.indexOf(true);
      this.#accept(vcpu);
      this.#end(vcpu);
    }
    strictEqual(this.bench.pending.includes(true), false);
    strictEqual(this.#owed.size, 0, "an edge is lost");
  }
}

Deno.test("Xics loses no edge and gives no source to two vCPUs", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const guest = new RandomGuest(seed);
    for (let i = 0; i < 400; i++) guest.step();
    guest.settle();
  }
});
