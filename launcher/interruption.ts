import {
  ENDING_SIGNALS,
  type EndingSignal,
  ExitError,
  signalStatus,
} from "../emulator/exit_status.ts";

/** What the launcher does with signals: it passes them on. */
export class Interruption implements Disposable {
  readonly #stop = new AbortController();
  readonly #listeners: readonly {
    readonly name: EndingSignal;
    readonly listen: () => void;
  }[];
  #received: EndingSignal | undefined;
  #forward: ((signal: EndingSignal) => void) | undefined;

  /** Begins to listen. */
  constructor() {
    const names = Object.keys(ENDING_SIGNALS) as EndingSignal[];
    this.#listeners = names.map((name) => {
      const listen = () => this.#receive(name);
      Deno.addSignalListener(name, listen);
      return { name, listen };
    });
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** The signal that came last. */
  get received(): EndingSignal | undefined {
    return this.#received;
  }

  /** Hands every signal on from now; one that came before, at once. */
  forwardTo(forward: (signal: EndingSignal) => void): void {
    this.#forward = forward;
    if (this.#received !== undefined) forward(this.#received);
  }

  /** Ends to listen. */
  [Symbol.dispose](): void {
    for (const { name, listen } of this.#listeners) {
      Deno.removeSignalListener(name, listen);
    }
  }

  #receive(name: EndingSignal): void {
    this.#received = name;
    this.#stop.abort(new ExitError("", signalStatus(name)));
    this.#forward?.(name);
  }
}
