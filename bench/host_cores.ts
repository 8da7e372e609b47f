/**
 * What two threads that share nothing are worth on this host: no two vCPUs can
 * be worth more.
 *
 * @module
 */
import { Worker } from "node:worker_threads";

/** Seconds for which each counts. */
const SECONDS = 2;

function count(): Promise<number> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./spin_worker.ts", import.meta.url), {
      workerData: { seconds: SECONDS },
    });
    worker.on("message", resolve);
    worker.on("error", reject);
  });
}

/** How much more two threads do in the same time than one. */
export async function measureTwoCores(): Promise<number> {
  const alone = await count();
  const [one, other] = await Promise.all([count(), count()]);
  return (one + other) / alone;
}
