import { callMachine } from "../monitor/call.ts";
import type { CallArguments } from "../monitor/client.ts";
import { EventStream } from "../monitor/event_stream.ts";
import type {
  MachineMethodName,
  MethodParams,
  MethodResult,
} from "../monitor/methods/mod.ts";
import { uniteInterests } from "../monitor/subscription.ts";
import { ConsoleWatch } from "./console_watch.ts";
import type { InputRecording } from "./input_log.ts";
import type { MachineThread } from "./machine_thread.ts";
import type { MachineEnd } from "./messages.ts";

const DEFAULT_TIMEOUT = 60_000;

/** A machine in a thread of this process. */
export class JanusMachine implements AsyncDisposable {
  readonly #thread: MachineThread;
  readonly #console: ConsoleWatch;
  readonly #streams = new Set<EventStream>();

  /** Takes over a thread; {@linkcode createMachine} makes one. */
  constructor(thread: MachineThread, console: ConsoleWatch) {
    this.#thread = thread;
    this.#console = console;
    thread.onEvent((event) => {
      for (const stream of this.#streams) stream.push(event);
    });
    thread.ended.then(
      ({ reason }) => console.close(new Error(`guest has ended: ${reason}`)),
      (error) => console.close(error),
    );
  }

  /** What the guest printed, the last four million characters of it. */
  get consoleText(): string {
    return this.#console.text;
  }

  /**
   * Waits until the console prints a text, behind the one waited for last.
   *
   * @param wanted The text, or an expression that a part of it matches.
   * @param options `timeout` in milliseconds; 60,000 unless given.
   * @returns What the console printed from the last such text to the end of this one.
   * @throws {Error} If it does not come in time, or the guest ends before.
   */
  waitForConsole(
    wanted: string | RegExp,
    options: { timeout?: number | undefined } = {},
  ): Promise<string> {
    const { timeout = DEFAULT_TIMEOUT } = options;
    return this.#console.wait(wanted, { milliseconds: timeout });
  }

  /** Types at the console; resolves when the guest's terminal took it. */
  type(text: string): Promise<void> {
    return this.#thread.type(new TextEncoder().encode(text));
  }

  /**
   * Carries out a method of the monitor's table.
   *
   * @throws {MonitorError} If the parameters do not fit, or the machine refuses.
   */
  call<Name extends MachineMethodName>(
    method: Name,
    ...[params]: CallArguments<Name>
  ): Promise<MethodResult<Name>> {
    return callMachine(
      this.#thread,
      method,
      params === undefined ? {} : { params: params as MethodParams<Name> },
    );
  }

  /**
   * Listens to events from now on. The stream ends with the machine; it is to
   * be ended before if it is not read any more.
   */
  events(filter: MethodParams<"subscribe"> = {}): EventStream {
    const stream = new EventStream(filter, (stream) => {
      this.#streams.delete(stream);
      this.#tellInterest();
      return Promise.resolve();
    });
    this.#streams.add(stream);
    this.#tellInterest();
    return stream;
  }

  /** Lets a guest run that was started paused, or stopped since. */
  async start(): Promise<void> {
    await this.call("cont");
  }

  /**
   * Waits until the guest ends: turns itself off, or dies.
   *
   * @throws {MachineFaultError} If the emulator is at fault.
   */
  waitForEnd(): Promise<MachineEnd> {
    return this.#thread.ended;
  }

  /** The inputs that have entered so far, with stamps; undefined unless they are recorded. */
  recording(): Promise<InputRecording | undefined> {
    return this.#thread.recording();
  }

  /** Ends the machine, whatever the guest does. */
  async close(): Promise<void> {
    await this.#thread.leave();
    for (const stream of this.#streams) stream.end();
  }

  /** Ends, see {@linkcode JanusMachine.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #tellInterest(): void {
    this.#thread.setEventInterest(
      uniteInterests([...this.#streams].map((stream) => stream.subscription)),
    );
  }
}
