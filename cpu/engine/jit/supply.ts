/**
 * Compiles regions in the thread that asks, at once.
 *
 * @module
 */
import type { Answer, Question, RegionSupply } from "./background.ts";
import type { RegionCompiler } from "./compiler.ts";

/**
 * Compiles what is asked for. A defect of the compiler costs speed only: the
 * interpreter goes on with the guest, and the fault is told.
 */
export function supply(compiler: RegionCompiler, question: Question): Answer {
  try {
    return compile(compiler, question);
  } catch (error) {
    const { client, request } = question;
    const address = request.address.toString(16);
    const fault = `Cannot compile region at 0x${address}: ${error}`;
    return { client, request, region: undefined, fault };
  }
}

function compile(
  compiler: RegionCompiler,
  { client, request, decode }: Question,
): Answer {
  const start = performance.now();
  const region = compiler.compile(request, decode);
  if (!region) return { client, request, region: undefined };
  const emitted = performance.now();
  const { bytes, pages, entries, words } = region;
  const module = new WebAssembly.Module(bytes);
  return {
    client,
    request,
    region: {
      module,
      wasmBytes: bytes.length,
      pages,
      entries,
      words: words.buffer,
      emitTime: emitted - start,
      compileTime: performance.now() - emitted,
    },
  };
}

/** A compiler that has answered before anybody can take the answer. */
export class ImmediateCompiler implements RegionSupply {
  readonly #compiler: RegionCompiler;
  readonly #answers: Answer[] = [];

  constructor(compiler: RegionCompiler) {
    this.#compiler = compiler;
  }

  get isFree(): boolean {
    return this.#answers.length === 0;
  }

  ask(question: Question): void {
    this.#answers.push(supply(this.#compiler, question));
  }

  take(): Answer | undefined {
    return this.#answers.shift();
  }

  close(): void {}
}
