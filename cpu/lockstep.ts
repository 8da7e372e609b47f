/**
 * The accelerator that trusts nobody: it runs everything twice, on the
 * interpreter and with the JIT, each with storage of its own, and stops at the
 * first difference.
 *
 * The machine sees the interpreter's side. What it writes is copied to the
 * other before that runs, and what the interpreter was told of the world, the
 * timebase and random numbers, is told again. So both begin alike, do the same
 * number of instructions, and must end alike: registers after every few
 * thousand instructions, storage some times less often.
 *
 * @module
 */
import type { EngineView, Exit, TurnAccelerator } from "./accelerator.ts";
import type { MemoryLayout } from "./engine/layout.ts";
import { InlineAccelerator, type InlineOptions } from "./inline.ts";
import { type Difference, EngineDifference } from "./lockstep/difference.ts";
import { Inputs } from "./lockstep/inputs.ts";
import { compareRegisters } from "./lockstep/registers.ts";
import { TwinStorage } from "./lockstep/storage.ts";
import { buildDecoder } from "./isa/decoder.ts";
import { disassembleWord } from "./isa/disassembler.ts";
import { ISA } from "./isa/mod.ts";
import type { OneRegOptions } from "./one_reg.ts";
import type { StateName } from "./state.ts";

/** What a {@linkcode LockstepAccelerator} needs. */
export interface LockstepOptions extends Omit<InlineOptions, "engine"> {
  /** Instructions between two comparisons of registers; default 4096. */
  readonly window?: number;
}

const WINDOW = 4096;

/** Windows between two comparisons of what has been stored to. */
const STORAGE_WINDOWS = 16;

/** Bytes of all storage that are compared along with that. */
const SWEEP_BYTES = 2 ** 19;

function hostRandom(): number {
  return crypto.getRandomValues(new Int32Array(1))[0] ?? 0;
}

/** Runs all vCPUs on two engines, on one thread. */
export class LockstepAccelerator implements TurnAccelerator {
  readonly memory: WebAssembly.Memory;
  readonly layout: MemoryLayout;
  /** The engine that is compared with the interpreter. */
  readonly tested: InlineAccelerator;
  readonly #trusted: InlineAccelerator;
  readonly #memories: readonly [WebAssembly.Memory, WebAssembly.Memory];
  readonly #storage: TwinStorage;
  readonly #timebase: Inputs;
  readonly #random: Inputs;
  readonly #window: number;
  #vcpu = 0;
  #windows = 0;
  /** Since when storage may differ: instructions and address. */
  #alike = { from: 0, nia: 0n };

  constructor(options: LockstepOptions) {
    const { memory, layout, timebase, random = hostRandom } = options;
    this.memory = memory;
    this.layout = layout;
    this.#window = options.window ?? WINDOW;
    const { pages } = layout;
    const twin = new WebAssembly.Memory({
      initial: pages,
      maximum: pages,
      shared: true,
    });
    this.#memories = [memory, twin];
    this.#storage = new TwinStorage(layout, this.#memories);
    this.#timebase = new Inputs(() => timebase(this.#vcpu));
    this.#random = new Inputs(random);
    this.#trusted = new InlineAccelerator({
      ...options,
      engine: "interpreter",
      timebase: () => this.#timebase.first(),
      random: () => this.#random.first(),
    });
    this.tested = new InlineAccelerator({
      ...options,
      memory: twin,
      engine: "jit",
      timebase: () => this.#timebase.second(),
      random: () => this.#random.second(),
    });
  }

  get unknown(): ReadonlyMap<number, number> {
    return this.#trusted.unknown;
  }

  /** That of the engine with the JIT. */
  get view(): EngineView {
    return this.tested.view;
  }

  /** @throws {EngineDifference} If the engines do not do the same. */
  run(vcpu: number, budget: number): Exit {
    this.#vcpu = vcpu;
    this.#storage.copyWritten();
    this.#noteAlike();
    let left = budget;
    for (;;) {
      const before = this.instructions(vcpu);
      const exit = this.#runWindow(vcpu, Math.min(left, this.#window));
      left -= this.instructions(vcpu) - before;
      if (exit.reason === "budget" && left > 0) continue;
      if (exit.reason === "hypercall") this.#storage.hashTableWritten();
      return exit;
    }
  }

  #runWindow(vcpu: number, budget: number): Exit {
    const from = this.instructions(vcpu);
    const nia = this.getOneReg(vcpu, "NIA");
    const begun = { vcpu, from, nia };
    const first = this.#trusted.run(vcpu, budget);
    const second = this.tested.run(vcpu, budget);
    const same = Object.entries(first).every(([name, value]) =>
      value === (second as Record<string, unknown>)[name]
    );
    if (!same) this.#fail({ ...begun, exits: [first, second] });
    const registers = compareRegisters(
      this.#memories,
      this.layout.vcpus[vcpu]?.state ?? 0,
    );
    if (registers.length > 0) this.#fail({ ...begun, registers });
    this.#compareInputs(begun);
    // A hypercall may read or replace what has been stored to, devices as well.
    const due = first.reason !== "budget" ||
      ++this.#windows % STORAGE_WINDOWS === 0;
    if (due) this.#compareStorage(vcpu);
    return first;
  }

  #compareInputs(begun: Pick<Difference, "vcpu" | "from" | "nia">): void {
    for (
      const [what, inputs] of [
        ["readings of the timebase", this.#timebase],
        ["random numbers", this.#random],
      ] as const
    ) {
      const [first, second] = inputs.finish();
      if (first !== second) {
        this.#fail({ ...begun, asked: { what, counts: [first, second] } });
      }
    }
  }

  #compareStorage(vcpu: number): void {
    const at = this.#storage.compareStored() ??
      this.#storage.sweep(SWEEP_BYTES);
    if (at === undefined) return this.#noteAlike();
    const [first = 0, second = 0] = this.#memories.map(({ buffer }) =>
      new DataView(buffer).getUint32(at)
    );
    const address = at - this.layout.ram;
    this.#fail({
      ...this.#alike,
      vcpu,
      storage: { address, values: [first, second] },
    });
  }

  #noteAlike(): void {
    this.#alike = {
      from: this.instructions(this.#vcpu),
      nia: this.getOneReg(this.#vcpu, "NIA"),
    };
  }

  #fail(difference: Omit<Difference, "to" | "code">): never {
    const to = this.instructions(difference.vcpu);
    const code = this.#codeAt(difference.vcpu, difference.nia);
    throw new EngineDifference({ ...difference, to, code });
  }

  /** The region where both were still alike, which is likely the wrong one. */
  #codeAt(vcpu: number, nia: bigint): string[] {
    const region = this.view.region(vcpu, nia);
    if (!region) return [];
    const decoder = buildDecoder(ISA);
    return [
      "Region:",
      ...region.instructions.map(({ address, word }) =>
        `  0x${address.toString(16)}: ${
          disassembleWord(word, address, decoder)
        }`
      ),
      region.wasm,
    ];
  }

  completeMmio(vcpu: number, value: bigint): void {
    for (const one of this.#both) one.completeMmio(vcpu, value);
  }

  kick(vcpu: number): void {
    for (const one of this.#both) one.kick(vcpu);
  }

  getOneReg(vcpu: number, name: StateName, index?: number): bigint {
    return this.#trusted.getOneReg(vcpu, name, index);
  }

  setOneReg(
    vcpu: number,
    name: StateName,
    value: bigint,
    options?: OneRegOptions,
  ): void {
    for (const one of this.#both) one.setOneReg(vcpu, name, value, options);
  }

  setPending(vcpu: number, bits: number, on: boolean): void {
    for (const one of this.#both) one.setPending(vcpu, bits, on);
  }

  /** The machine writes RAM without telling when it starts a vCPU. */
  reset(vcpu: number): void {
    this.#storage.allWritten();
    for (const one of this.#both) one.reset(vcpu);
  }

  dropTranslations(vcpu: number): void {
    for (const one of this.#both) one.dropTranslations(vcpu);
  }

  dropTranslationsTo(address: number, bytes: number): void {
    for (const one of this.#both) one.dropTranslationsTo(address, bytes);
  }

  ramWritten(address: number, bytes: number): void {
    this.#storage.ramWritten(address, bytes);
    for (const one of this.#both) one.ramWritten(address, bytes);
  }

  instructions(vcpu: number): number {
    return this.#trusted.instructions(vcpu);
  }

  save(vcpu: number): Uint8Array {
    return this.#trusted.save(vcpu);
  }

  restore(vcpu: number, data: Uint8Array): void {
    this.#storage.allWritten();
    for (const one of this.#both) one.restore(vcpu, data);
  }

  close(): void {
    for (const one of this.#both) one.close();
  }

  get #both(): readonly InlineAccelerator[] {
    return [this.#trusted, this.tested];
  }
}
