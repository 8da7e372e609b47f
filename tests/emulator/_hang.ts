// Runs a machine that never comes out of its slice, with a time limit.
import { runEmulator } from "../../emulator/run.ts";
import { labGuest } from "../../guests/lab.ts";
import { FAKE_WORKER, type FakeScript } from "./_fake.ts";

const script: FakeScript = { hang: true, busy: true };
const { status } = await runEmulator({
  machine: {
    cpu: "power9",
    mmu: "radix",
    interruptController: "xive",
    memoryBytes: 2 ** 28,
    vcpus: 1,
    clock: "host",
  },
  kernel: { path: labGuest().kernel, name: "lab" },
  bootargs: JSON.stringify(script),
  console: { kind: "none" },
  monitors: [],
  credentials: {},
  startPaused: false,
  timeLimit: 0.5,
}, {
  onLoaded: () => {},
  abandoned: new Promise(() => {}),
  worker: FAKE_WORKER,
});
Deno.exit(status);
