import { MessageChannel, Worker } from "node:worker_threads";
import type {
  CallContext,
  EventInterest,
  MonitorBackend,
  MonitorEvent,
} from "../monitor/backend.ts";
import { MonitorError } from "../monitor/errors.ts";
import { createDoorWords, OuterDoor, weightOf } from "./door.ts";
import { type BoundForward, HostNetwork } from "./host_network.ts";
import { HostPorts } from "./host_ports.ts";
import type { InputRecording } from "./input_log.ts";
import { MachineFaultError } from "./machine_fault.ts";
import type {
  BareMachine,
  ImageBuffers,
  Inbound,
  MachineEnd,
  Outbound,
  WorkerSetup,
} from "./messages.ts";
import { PendingCalls } from "./pending_calls.ts";
import type { WorkerStart } from "./run_worker.ts";
import { Typing } from "./typing.ts";
import { within } from "./within.ts";

/** How a {@linkcode MachineThread} is started. */
export interface MachineThreadOptions {
  /** The machine to build. */
  readonly machine: BareMachine;
  /** What it boots; the buffers are taken away. */
  readonly images: ImageBuffers;
  /**
   * Takes console output. The guest goes on as long as not more than 4 MiB of
   * it have been given out for which `written` was not called.
   */
  readonly onConsole: (
    bytes: Uint8Array<ArrayBuffer>,
    written: () => void,
  ) => void;
  /** Whether inputs are kept with their stamps; see {@linkcode MachineThread.recording}. */
  readonly record?: boolean;
  /** Module of the worker, which calls `runWorker()`; another one in tests. */
  readonly worker?: URL;
}

/** How long a thread's messages may take to come when it has ended. */
const LAST_WORDS_MILLISECONDS = 1000;

const WORKER = new URL("./machine_worker.ts", import.meta.url);

/**
 * A machine in a thread of its own, seen from the main thread. It is the
 * monitor's backend.
 */
export class MachineThread implements MonitorBackend, AsyncDisposable {
  readonly #options: MachineThreadOptions;
  readonly #worker: Worker;
  readonly #door: OuterDoor;
  readonly #ready = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<MachineEnd>();
  readonly #left = Promise.withResolvers<void>();
  readonly #calls = new PendingCalls();
  readonly #listeners = new Set<(event: MonitorEvent) => void>();
  readonly #typing = new Typing();
  readonly #network: HostNetwork;
  readonly #ports: HostPorts;
  #failure: Error | undefined;

  private constructor(options: MachineThreadOptions) {
    this.#options = options;
    const { port1, port2 } = new MessageChannel();
    const words = createDoorWords();
    this.#door = new OuterDoor({ words, port: port1 });
    this.#network = new HostNetwork(this.#door);
    this.#door.onMessage((message) => this.#take(message));
    const { machine, images, record = false } = options;
    this.#ports = new HostPorts(
      machine.devices ?? [],
      (name, input) => this.#door.post({ kind: "port", name, input }),
    );
    const setup: WorkerSetup = { machine, images, record };
    const workerData: WorkerStart = { door: { words, port: port2 }, setup };
    this.#worker = new Worker(options.worker ?? WORKER, {
      workerData,
      transferList: [port2, ...Object.values(images)],
      env: {},
    });
    this.#worker.on("error", (error: Error) => this.#fail(error));
    // The thread's last words may still be under way when it has ended.
    this.#worker.on("exit", async () => {
      await within(this.#door.closed, LAST_WORDS_MILLISECONDS);
      this.#leave();
    });
    // Whoever does not ask how it ended shall not be ended by that.
    this.#ended.promise.catch(() => {});
  }

  /**
   * Starts the thread and builds the machine in it, which does not run until
   * `cont` is called.
   *
   * @throws {MachineFaultError} If the machine cannot be built
   * @throws {ForwardError} If a port of the host cannot be had
   * @throws {PortError} If the socket of a port cannot be had
   */
  static async start(options: MachineThreadOptions): Promise<MachineThread> {
    const thread = new MachineThread(options);
    try {
      await thread.#ready.promise;
      await thread.#network.listening;
      await thread.#ports.listen();
    } catch (error) {
      await thread.leave();
      throw error;
    }
    return thread;
  }

  /**
   * Why the guest ended the first time; rejects with a
   * {@linkcode MachineFaultError} if the emulator is at fault.
   */
  get ended(): Promise<MachineEnd> {
    return this.#ended.promise;
  }

  /**
   * Carries out a method, see {@linkcode MonitorBackend.call}.
   *
   * @throws {MonitorError} If the machine refuses
   * @throws {MachineFaultError} If it fails
   */
  call(
    method: string,
    params: unknown,
    { client }: CallContext,
  ): Promise<unknown> {
    return this.#ask((id) => ({ kind: "call", id, method, params, client }));
  }

  /** Listens to events, see {@linkcode MonitorBackend.onEvent}. */
  onEvent(listener: (event: MonitorEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Tells the machine which events to make, see {@linkcode MonitorBackend}. */
  setEventInterest(interest: EventInterest): void {
    this.#door.post({ kind: "interest", interest });
  }

  /**
   * Types at the console, behind what was typed before; resolves when the
   * guest's terminal took it, or never will because the guest has ended.
   */
  type(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0 || this.#failure !== undefined) {
      return Promise.resolve();
    }
    const taken = this.#typing.add(bytes.length);
    this.#door.post({ kind: "input", bytes: new Uint8Array(bytes).buffer });
    return taken;
  }

  /** Bytes that were typed and not taken yet. */
  get untaken(): number {
    return this.#typing.untaken;
  }

  /** Ports of the host that are forwarded to the guest. */
  get forwards(): readonly BoundForward[] {
    return this.#network.forwards;
  }

  /** What has entered so far; undefined unless it is recorded. */
  async recording(): Promise<InputRecording | undefined> {
    const result = await this.#ask((id) => ({ kind: "recording", id }));
    return result as InputRecording | undefined;
  }

  /** Ends the thread between two slices; calls that wait for an answer fail. */
  async leave(): Promise<void> {
    this.#door.stop();
    await this.#left.promise;
  }

  /** Ends the thread, see {@linkcode MachineThread.leave}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.leave();
  }

  #ask(message: (id: number) => Inbound): Promise<unknown> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const { id, answer } = this.#calls.open();
    this.#door.post(message(id));
    return answer;
  }

  #take(message: Outbound): void {
    const weight = weightOf(message);
    switch (message.kind) {
      case "ready":
        return this.#ready.resolve();
      case "console":
        return this.#options.onConsole(
          new Uint8Array(message.bytes),
          () => this.#door.acknowledge(weight),
        );
      case "taken":
        return this.#typing.take(message.bytes);
      case "answer":
        return this.#calls.resolve(message.id, message.result);
      case "refusal":
        return this.#calls.reject(message.id, MonitorError.from(message.error));
      case "failure":
        return this.#calls.reject(
          message.id,
          new MachineFaultError(message.fault),
        );
      case "event":
        this.#door.acknowledge(weight);
        for (const listener of this.#listeners) listener(message.event);
        return;
      case "network":
        this.#network.request(message.device, message.request);
        return this.#door.acknowledge(weight);
      case "port":
        return this.#ports.output(message.name, message.output);
      case "end":
        return this.#ended.resolve(message.end);
      case "fault":
        return this.#fail(new MachineFaultError(message.fault));
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#ready.reject(this.#failure);
    this.#ended.reject(this.#failure);
    this.#calls.rejectAll(this.#failure);
    this.#typing.giveUp();
  }

  #leave(): void {
    this.#fail(new Error("Cannot reach the machine: its thread has ended"));
    this.#network.close();
    this.#ports[Symbol.dispose]();
    this.#door.close();
    this.#left.resolve();
  }
}
