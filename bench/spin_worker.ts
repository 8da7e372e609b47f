// Counts for as long as it is told, which no other processor has a part in.
import { parentPort, workerData } from "node:worker_threads";

const { seconds } = workerData as { seconds: number };
const end = performance.now() + seconds * 1000;
let rounds = 0;
let value = 1;
while (performance.now() < end) {
  for (let i = 0; i < 100_000; i++) {
    value = Math.imul(value, 1103515245) + i | 0;
  }
  rounds++;
}
parentPort?.postMessage(value === 0 ? rounds + 1 : rounds);
