// A device on a thread of its own: triggers sources that others handle.
import { createInterruptController } from "../../../machine/interrupt_controller/mod.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent) => void;
  postMessage(message: unknown): void;
};

/** Waits until all are there, so that they really run at once. */
function meet(threads: Int32Array, all: number): void {
  if (Atomics.add(threads, 0, 1) + 1 === all) Atomics.notify(threads, 0);
  for (let here = 0; (here = Atomics.load(threads, 0)) < all;) {
    Atomics.wait(threads, 0, here, 100);
  }
}

scope.onmessage = ({ data: { buffer, sources, times, threads, all } }) => {
  const controller = createInterruptController("xics", {
    buffer,
    offset: 64,
    vcpus: 2,
    ram: { contains: () => false, setU32() {}, write() {} },
    setPending() {},
  });
  meet(threads, all);
  for (let i = 0; i < times; i++) {
    for (const source of sources) controller.trigger(source);
  }
  scope.postMessage("done");
};
