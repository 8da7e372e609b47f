// A compiler's thread, see background.ts: it sleeps on a word of shared memory.
import {
  type MessagePort,
  receiveMessageOnPort,
  workerData,
} from "node:worker_threads";
import { handlersOf } from "../handlers_of.ts";
import { type CompilerStart, type Question, WORD } from "./background.ts";
import { RegionCompiler } from "./compiler.ts";
import { supply } from "./supply.ts";

const { cpu, memory, layout, words, port } = workerData as CompilerStart;
const compiler = new RegionCompiler(memory, layout, handlersOf(cpu));

function next(port: MessagePort): Question | undefined {
  return receiveMessageOnPort(port)?.message as Question | undefined;
}

for (;;) {
  const bell = Atomics.load(words, WORD.bell);
  if (Atomics.load(words, WORD.stop) !== 0) break;
  const question = next(port);
  if (!question) {
    Atomics.wait(words, WORD.bell, bell);
    continue;
  }
  const answer = supply(compiler, question);
  const { region } = answer;
  port.postMessage(answer, region ? [region.words] : []);
  Atomics.add(words, WORD.answers, 1);
}
port.close();
