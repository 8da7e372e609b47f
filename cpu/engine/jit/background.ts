/**
 * A compiler in a thread of its own. The vCPU's thread asks and takes answers
 * without ever waiting, in the middle of its synchronous loop.
 *
 * @module
 */
import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  Worker,
} from "node:worker_threads";
import type { CpuModel } from "../../accelerator.ts";
import type { MemoryLayout } from "../layout.ts";
import type { CompileRequest, DecodeRecord, UsedPage } from "./compiler.ts";

/** Words that both threads see. */
export const WORD = { bell: 0, answers: 1, stop: 2 } as const;

/** What a compiler's thread is started with. */
export interface CompilerStart {
  readonly cpu: CpuModel;
  readonly memory: WebAssembly.Memory;
  readonly layout: MemoryLayout;
  readonly words: Int32Array;
  readonly port: MessagePort;
}

/** A question, by the number of whoever asks. */
export interface Question {
  readonly client: number;
  readonly request: CompileRequest;
  /** For code that has never run; of no use in another thread. */
  readonly decode?: DecodeRecord;
}

/** A region that is ready to be installed. */
export interface ReadyRegion {
  readonly module: WebAssembly.Module;
  readonly wasmBytes: number;
  readonly pages: readonly UsedPage[];
  readonly entries: readonly number[];
  /** Places of its instructions, each followed by the word that was there. */
  readonly words: ArrayBuffer;
  /** Milliseconds for which it was emitted, and compiled. */
  readonly emitTime: number;
  readonly compileTime: number;
}

/** What becomes of a question: nothing where there is no region. */
export interface Answer {
  readonly client: number;
  readonly request: CompileRequest;
  readonly region: ReadyRegion | undefined;
  /** What went wrong in the compiler, which is its defect. */
  readonly fault?: string;
}

/** Where regions come from. */
export interface RegionSupply {
  /** Whether another question would be worked on soon. */
  readonly isFree: boolean;
  ask(question: Question): void;
  /** An answer that is there, if any. */
  take(): Answer | undefined;
  close(): void;
}

/** Questions that may wait: the hottest place should be the next. */
const MOST_OPEN = 3;

/** The side of the thread that asks. */
export class BackgroundCompiler implements RegionSupply {
  readonly #words: Int32Array;
  readonly #port: MessagePort;
  #asked = 0;
  #taken = 0;

  constructor(
    parts: { cpu: CpuModel; memory: WebAssembly.Memory; layout: MemoryLayout },
  ) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#words = new Int32Array(new SharedArrayBuffer(64));
    const start: CompilerStart = {
      cpu: parts.cpu,
      memory: parts.memory,
      layout: parts.layout,
      words: this.#words,
      port: port2,
    };
    const worker = new Worker(new URL("./compile_worker.ts", import.meta.url), {
      workerData: start,
      transferList: [port2],
      env: {},
    });
    worker.unref();
  }

  get isFree(): boolean {
    return this.#asked - this.#taken < MOST_OPEN;
  }

  ask(question: Question): void {
    this.#asked++;
    this.#port.postMessage(question);
    this.#ring();
  }

  take(): Answer | undefined {
    if (Atomics.load(this.#words, WORD.answers) === this.#taken) return;
    const message = receiveMessageOnPort(this.#port);
    if (!message) return undefined;
    this.#taken++;
    return message.message as Answer;
  }

  /** Lets the thread end. */
  close(): void {
    Atomics.store(this.#words, WORD.stop, 1);
    this.#ring();
  }

  #ring(): void {
    Atomics.add(this.#words, WORD.bell, 1);
    Atomics.notify(this.#words, WORD.bell);
  }
}
