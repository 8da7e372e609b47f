// Where the JIT looks for what is hot, and when it has that compiled.
import assert from "node:assert/strict";
import type {
  Answer,
  Question,
  RegionSupply,
} from "../../../cpu/engine/jit/background.ts";
import { RegionCompiler } from "../../../cpu/engine/jit/compiler.ts";
import { Jit } from "../../../cpu/engine/jit/jit.ts";
import { RECORD_BYTES, REGION_RESERVE } from "../../../cpu/engine/layout.ts";
import { CODE, DecodedCode } from "./decoded_code.ts";

/** Samples after which each counts half. */
const HALF_LIFE = 2048;
/** Samples for which a place is left alone at most. */
const LONGEST_PAUSE = 10_000;

/** What is asked for, and answered when the test says so. */
class Supply implements RegionSupply {
  isFree = true;
  readonly asked: Question[] = [];
  readonly #answers: Answer[] = [];

  ask(question: Question): void {
    this.asked.push(question);
  }

  take(): Answer | undefined {
    return this.#answers.shift();
  }

  close(): void {}

  /** Answers the last question. */
  answer(region: Answer["region"], fault?: string): void {
    const { client, request } = this.asked.at(-1) as Question;
    this.#answers.push({ client, request, region, ...fault && { fault } });
  }
}

class Sampling {
  readonly code = new DecodedCode();
  readonly supply = new Supply();
  readonly jit: Jit;

  constructor(threshold?: number) {
    const { memory, layout, table, shared } = this.code;
    this.jit = new Jit({
      memory,
      layout,
      table,
      supply: this.supply,
      ...threshold !== undefined && { threshold },
    });
    this.jit.attach(false, shared);
  }

  /** Places that have been asked for, in order. */
  get asked(): number[] {
    return this.supply.asked.map(({ request }) =>
      Number(request.address - CODE) / 4
    );
  }

  /** Budgets end at a place in the interpreter. */
  stand(place: number, times = 1): void {
    for (let i = 0; i < times; i++) {
      this.code.standAt(place);
      this.jit.sample(0, false);
    }
  }

  /** A budget ends in a region, or behind one where more was left. */
  endInRegion(at: number, left?: number): void {
    this.code.endInRegion(at, left);
    this.jit.sample(0, false);
  }

  /** Samples of a place until it is asked for once more. */
  samplesUntilAsked(place: number): number {
    const before = this.supply.asked.length;
    for (let samples = 1;; samples++) {
      this.stand(place);
      if (this.supply.asked.length > before) return samples;
      assert(samples < 2 * LONGEST_PAUSE, "it is never asked for");
    }
  }

  /** Time passes elsewhere. */
  pass(samples: number): void {
    for (let i = 0; i < samples; i++) this.endInRegion(900);
  }
}

Deno.test("Jit.sample() asks for a place at the second sample of it", () => {
  const sampling = new Sampling();
  sampling.stand(10);
  sampling.stand(20);
  sampling.stand(30);
  assert.deepEqual(sampling.asked, []);
  sampling.stand(20);
  assert.deepEqual(sampling.asked, [20]);
  sampling.stand(10);
  assert.deepEqual(sampling.asked, [20, 10]);
});

Deno.test("Jit.sample() asks after as many samples as it is told", () => {
  for (const threshold of [1, 3, 7]) {
    const sampling = new Sampling(threshold);
    assert.equal(sampling.samplesUntilAsked(10), threshold);
  }
});

Deno.test("Jit.sample() asks once, until there is an answer", () => {
  const sampling = new Sampling();
  sampling.stand(10, 100);
  assert.deepEqual(sampling.asked, [10]);
});

Deno.test("Jit.sample() asks when the compiler is free again", () => {
  const sampling = new Sampling();
  sampling.supply.isFree = false;
  sampling.stand(10, 5);
  assert.deepEqual(sampling.asked, []);
  sampling.supply.isFree = true;
  sampling.stand(10);
  assert.deepEqual(sampling.asked, [10]);
});

Deno.test("Jit.sample() counts what regions left for where one has used the budget up", () => {
  const sampling = new Sampling();
  for (const at of [10, 11]) {
    sampling.code.leaveFor(50);
    sampling.endInRegion(at);
  }
  assert.deepEqual(sampling.asked, [50]);
});

Deno.test("Jit.sample() counts a place that regions left for once", () => {
  const sampling = new Sampling();
  sampling.code.leaveFor(50);
  for (let i = 0; i < 10; i++) sampling.endInRegion(10);
  assert.deepEqual(sampling.asked, []);
});

Deno.test("Jit.sample() counts where the interpreter has used the budget up behind a region", () => {
  for (const left of [REGION_RESERVE + 1, 4000]) {
    const sampling = new Sampling();
    for (let i = 0; i < 2; i++) {
      sampling.code.leaveFor(50);
      sampling.endInRegion(10, left);
    }
    assert.deepEqual(sampling.asked, [10], `${left} left`);
  }
});

Deno.test("Jit.sample() leaves alone what leads to a region already", () => {
  const sampling = new Sampling();
  sampling.stand(10, 2);
  sampling.supply.answer(sampling.code.region([10]));
  sampling.stand(10, LONGEST_PAUSE + 10);
  assert.notEqual(sampling.code.slot(10), 0);
  assert.deepEqual(sampling.asked, [10]);
  assert.equal(sampling.jit.statistics.regions, 1);
});

Deno.test("Jit.sample() asks again where a region has been dropped", () => {
  const sampling = new Sampling();
  sampling.stand(10, 2);
  sampling.supply.answer(sampling.code.region([10]));
  sampling.stand(10);
  sampling.code.leaveToInterpreter(10);
  assert.equal(sampling.samplesUntilAsked(10), 2);
});

Deno.test("Jit.sample() forgets half of its samples after a while", () => {
  const sampling = new Sampling();
  sampling.stand(10);
  sampling.pass(HALF_LIFE);
  sampling.stand(10);
  assert.deepEqual(sampling.asked, [], "one sample fades");
  sampling.stand(10);
  assert.deepEqual(sampling.asked, [10]);
});

Deno.test("Jit.sample() keeps its samples for a while", () => {
  const sampling = new Sampling();
  sampling.stand(10);
  sampling.pass(HALF_LIFE - 10);
  sampling.stand(10);
  assert.deepEqual(sampling.asked, [10]);
});

Deno.test("Jit.sample() counts many samples half, not as none", () => {
  const sampling = new Sampling(8);
  sampling.stand(10, 7);
  sampling.pass(HALF_LIFE);
  assert.equal(sampling.samplesUntilAsked(10), 8 - 3);
});

Deno.test("Jit.sample() tries a place that made no region again, ever more rarely", () => {
  const sampling = new Sampling();
  sampling.stand(10, 2);
  const pauses = Array.from({ length: 18 }, () => {
    sampling.supply.answer(undefined);
    return sampling.samplesUntilAsked(10) - 2;
  });
  const expected = pauses.map((_, n) => Math.min(2 ** n, LONGEST_PAUSE));
  assert.deepEqual(pauses, expected);
});

Deno.test("Jit.sample() asks for code that can be compiled once its page has left the code TLB", () => {
  const sampling = new Sampling();
  sampling.stand(10, 2);
  const { memory, layout, table } = sampling.code;
  sampling.code.driveOut(0);
  const request = sampling.supply.asked[0]?.request;
  assert(request);
  const compiler = new RegionCompiler(memory, layout, table);
  assert.deepEqual(compiler.compile(request)?.entries, [10]);
  const { page: _, ...others } = request;
  assert.equal(compiler.compile(others), undefined);
});

Deno.test("Jit.sample() asks for nothing but the page that was there", () => {
  const sampling = new Sampling();
  sampling.stand(10, 2);
  const { memory, layout, table } = sampling.code;
  sampling.code.driveOut(0);
  sampling.code.decodeAgain(0);
  const request = sampling.supply.asked[0]?.request;
  assert(request);
  const compiler = new RegionCompiler(memory, layout, table);
  assert.equal(compiler.compile(request), undefined);
});

Deno.test("Jit.sample() leaves a place alone where its region cannot be entered", () => {
  const sampling = new Sampling();
  sampling.stand(10, 2);
  sampling.supply.answer(sampling.code.region([20]));
  assert.equal(sampling.samplesUntilAsked(10), LONGEST_PAUSE + 2);
});

Deno.test("Jit.sample() counts code that has changed meanwhile as no region", () => {
  const sampling = new Sampling();
  sampling.stand(10, 2);
  sampling.supply.answer(sampling.code.region([10]));
  sampling.code.decodeAgain(0);
  sampling.stand(20);
  assert.equal(sampling.code.slot(10), 0);
  assert.equal(sampling.jit.statistics.regions, 0);
  assert.equal(sampling.samplesUntilAsked(10), 2);
});

Deno.test("Jit.sample() tells of the compiler's defects, and goes on", () => {
  const sampling = new Sampling();
  sampling.stand(10, 2);
  sampling.supply.answer(undefined, "Cannot compile region");
  sampling.stand(20, 2);
  const { faults, fault } = sampling.jit.statistics;
  assert.deepEqual({ faults, fault }, {
    faults: 1,
    fault: "Cannot compile region",
  });
  assert.deepEqual(sampling.asked, [10, 20]);
});

Deno.test("Jit.ahead() has a place compiled once, as long as its region is there", () => {
  const sampling = new Sampling(0);
  const { code, supply, jit } = sampling;
  const decoded: number[] = [];
  jit.attach(false, {
    ...code.shared,
    fetch: () => code.decodedPage(0),
    // What an interpreter's function leaves is no region.
    decodeRecord(_state: number, record: number) {
      decoded.push(record);
      code.leaveToInterpreter((record - code.decodedPage(0)) / RECORD_BYTES);
    },
  });
  supply.ask = (question) => {
    supply.asked.push(question);
    supply.answer(code.region([10]));
  };
  code.standAt(10);
  jit.ahead(0, false);
  const slot = code.slot(10);
  assert.notEqual(slot, 0);
  jit.ahead(0, false);
  assert.equal(code.slot(10), slot);
  assert.deepEqual(sampling.asked, [10]);
  assert.deepEqual(decoded, []);
});

/** A region at place 10, whose timed calls have done so much each. */
function called(calls: number, instructions: number): Sampling {
  const sampling = new Sampling();
  sampling.stand(10, 2);
  sampling.supply.answer(sampling.code.region([10]));
  sampling.pass(1);
  const slot = sampling.code.slot(10);
  assert.notEqual(slot, 0);
  for (let i = 0; i < calls; i++) {
    sampling.jit.regionEnds(false, slot, instructions);
  }
  return sampling;
}

Deno.test("Jit.sample() takes a way into a region back where nearly nothing is done behind it", () => {
  const sampling = called(2000, 3);
  sampling.pass(HALF_LIFE);
  assert.equal(sampling.code.slot(10), 0);
  assert.equal(sampling.jit.statistics.unproductive, 1);
  // It would come to the same again.
  sampling.stand(10, LONGEST_PAUSE / 2);
  assert.deepEqual(sampling.asked, [10]);
  assert(sampling.samplesUntilAsked(10) <= LONGEST_PAUSE);
});

Deno.test("Jit.sample() keeps a way into a region that is worth its calls, or hardly called", () => {
  for (const [calls, instructions] of [[2000, 5], [100, 1]] as const) {
    const sampling = called(calls, instructions);
    sampling.pass(HALF_LIFE);
    assert.notEqual(sampling.code.slot(10), 0, `${calls} ${instructions}`);
    // What was noted is forgotten: as many once more are not too many.
    for (let i = 0; i < 8; i++) {
      for (let n = 0; n < 100; n++) {
        sampling.jit.regionEnds(false, sampling.code.slot(10), 1);
      }
      sampling.pass(HALF_LIFE);
    }
    assert.notEqual(sampling.code.slot(10), 0, `${calls} ${instructions}`);
    assert.equal(sampling.jit.statistics.unproductive, 0);
  }
});
