// A worker whose machine does what its command line says, see _fake.ts.
import { runWorker } from "../../emulator/run_worker.ts";
import type { RunnableMachine } from "../../emulator/machine_loop.ts";
import type { MachineHost } from "../../machine/machine_options.ts";
import type { RunControlHost } from "../../monitor/machine_handlers/mod.ts";
import type { MethodHandlers } from "../../monitor/handlers.ts";
import type { FakeScript } from "./_fake.ts";

class FakeMachine implements RunnableMachine {
  status: RunnableMachine["status"] = "prelaunch";
  ended: RunnableMachine["ended"];
  slices = 0;
  readonly #script: FakeScript;
  readonly #host: MachineHost;
  readonly #typed: number[] = [];

  constructor(script: FakeScript, host: MachineHost) {
    if (script.refuse !== undefined) throw new RangeError(script.refuse);
    this.#script = script;
    this.#host = host;
  }

  start(): void {
    this.status = "running";
  }

  close(): void {}

  stop(): void {
    this.status = "paused";
  }

  instructions(): number {
    return this.slices * 1000;
  }

  now() {
    return { instructions: this.instructions(), seconds: this.slices };
  }

  typeConsole(bytes: Uint8Array): number {
    const room = (this.#script.room ?? 64) - this.#typed.length;
    const taken = bytes.subarray(0, Math.max(0, room));
    this.#typed.push(...taken);
    return taken.length;
  }

  slice(): number {
    if (this.status !== "running") return Infinity;
    const script = this.#script;
    const step = script.print?.[this.slices];
    this.slices++;
    if (script.crash && this.slices > 2) throw new Error("Fake machine broke");
    if (script.hang && this.slices > 2) { for (;;); }
    if (script.flood !== undefined) {
      this.#host.console(new Uint8Array(script.flood).fill(0x2e));
      return 0;
    }
    if (script.hcall !== undefined && this.#host.listens("HCALL")) {
      for (const name of script.hcall) this.#emitHcall(name);
    }
    if (!script.deaf) this.#echo();
    if (step !== undefined) {
      this.#host.console(new TextEncoder().encode(step));
      return script.busy ? 0 : 5;
    }
    this.ended = script.end;
    if (this.ended !== undefined) this.status = "shutdown";
    return script.busy ? 0 : Infinity;
  }

  #echo(): void {
    const bytes = this.#typed.splice(0);
    this.#host.console(Uint8Array.from(bytes));
  }

  #emitHcall(name: string): void {
    const data = { vcpu: 0, name, number: 1, args: {}, result: "H_SUCCESS" };
    this.#host.event({ name: "HCALL", data }, this.now());
  }
}

function handlers(
  machine: FakeMachine,
  host: RunControlHost,
): Partial<MethodHandlers> {
  return {
    "query-status": () => ({
      status: machine.status,
      running: machine.status === "running",
    }),
    cont() {
      machine.start();
      return {};
    },
    stop() {
      machine.stop();
      return {};
    },
    quit() {
      host.quit();
      return {};
    },
    "query-cpus-fast": () => {
      throw new TypeError("Fake handler broke");
    },
    "query-version": () => Promise.resolve({} as never),
    // Not what the table says, but what the test wants to know.
    "query-clock": () => ({ slices: machine.slices }) as never,
  };
}

runWorker((options, host) => {
  const machine = new FakeMachine(JSON.parse(options.bootargs), host);
  return { machine, handlers: handlers(machine, host) };
});
