import { ok, strictEqual } from "node:assert/strict";
import { randomNumbers } from "./support.ts";
import { IPI, LSI, MSI, OP, triggerPage, XiveBench } from "./xive_support.ts";

const VCPUS = 2;
const PRIORITY = 6;
const ENTRIES = 1024;

interface Consumer {
  readonly address: number;
  index: number;
  toggle: number;
  /** Sources whose end of interrupt is due. */
  readonly handling: number[];
}

/**
 * An operating system's driver: one queue a vCPU, its own index and toggle,
 * edges ended by P and Q, levels by the end-of-interrupt load.
 */
class Driver {
  readonly bench = new XiveBench({ vcpus: VCPUS });
  readonly #consumers: Consumer[];
  /** Times that each source was taken from a queue. */
  readonly taken = new Map<number, number>();

  constructor() {
    this.#consumers = Array.from({ length: VCPUS }, (_, vcpu) => {
      const address = this.bench.queue(vcpu, { shift: 12 });
      this.bench.cppr(vcpu, 0xff);
      return { address, index: 0, toggle: 0, handling: [] };
    });
  }

  /** Effective source numbers are the sources' own. */
  enable(source: number, vcpu: number): void {
    this.bench.route(source, vcpu, { eisn: source });
  }

  setTarget(source: number, vcpu: number): void {
    this.bench.call("H_INT_SET_SOURCE_CONFIG", 2, source, vcpu, 6, source);
  }

  #next(consumer: Consumer): number | undefined {
    const { toggle, data } = this.bench.entry(consumer.address, consumer.index);
    if (toggle === consumer.toggle) return undefined;
    consumer.index = (consumer.index + 1) % ENTRIES;
    if (consumer.index === 0) consumer.toggle ^= 1;
    return data;
  }

  /** An external interrupt: takes one event, or finds that none is left. */
  interrupt(vcpu: number): void {
    const consumer = this.#consumers[vcpu];
    if (!consumer) return;
    const { nsr, cppr } = this.bench.ack(vcpu);
    strictEqual(nsr, 0x80);
    strictEqual(cppr, PRIORITY);
    for (let data = this.#next(consumer); data; data = this.#next(consumer)) {
      const { handling } = consumer;
      ok(!handling.includes(data), "a source is queued twice");
      handling.push(data);
      this.taken.set(data, (this.taken.get(data) ?? 0) + 1);
    }
    this.bench.cppr(vcpu, 0xff);
  }

  /** Ends what the vCPU handles. */
  end(vcpu: number, quieten: (source: number) => void): void {
    const source = this.#consumers[vcpu]?.handling.shift();
    if (source === undefined) return;
    quieten(source);
    if (source >= LSI && source < MSI) this.bench.esb(source, OP.eoi);
    else if ((this.bench.esb(source, OP.set00) & 1) !== 0) {
      this.bench.store(vcpu, triggerPage(source), 8);
    }
  }

  settle(quieten: (source: number) => void): void {
    for (let i = 0; i < 1000; i++) {
      const vcpu = this.bench.pending.indexOf(true);
      if (vcpu >= 0) this.interrupt(vcpu);
      else if (this.#consumers.every(({ handling }) => handling.length === 0)) {
        return;
      }
      for (let other = 0; other < VCPUS; other++) this.end(other, quieten);
    }
    throw new Error("the driver never comes to rest");
  }
}

Deno.test("Xive serves a driver without losing an event, over many rounds", () => {
  const sources = [IPI, MSI, MSI + 1, MSI + 700, LSI, LSI + 5];
  for (let seed = 1; seed <= 10; seed++) {
    const random = randomNumbers(seed);
    const driver = new Driver();
    const levels = new Set<number>();
    const due = new Set<number>();
    const quieten = (source: number) => {
      if (!levels.delete(source)) return;
      driver.bench.controller.setLevel(source, false);
    };
    for (const source of sources) driver.enable(source, random(VCPUS));
    const before = new Map<number, number>();
    for (let i = 0; i < 6000; i++) {
      const source = sources[random(sources.length)] ?? MSI;
      const vcpu = random(VCPUS);
      switch (random(5)) {
        case 0:
        case 1:
          due.add(source);
          before.set(source, driver.taken.get(source) ?? 0);
          if (source === IPI) driver.bench.store(0, triggerPage(IPI), 8);
          else if (source >= LSI && source < MSI) {
            levels.add(source);
            driver.bench.controller.setLevel(source, true);
          } else driver.bench.controller.trigger(source);
          break;
        case 2:
          if (driver.bench.pending[vcpu]) driver.interrupt(vcpu);
          break;
        case 3:
          driver.end(vcpu, quieten);
          break;
        case 4:
          if (random(20) === 0) driver.setTarget(source, vcpu);
      }
    }
    driver.settle(quieten);
    for (const source of due) {
      const isLevel = source >= LSI && source < MSI;
      const least = (before.get(source) ?? 0) + (isLevel ? 0 : 1);
      ok((driver.taken.get(source) ?? 0) >= least, `source ${source}`);
    }
    strictEqual(levels.size, 0);
  }
});
