// A machine that answers every method by its example, for tests of the monitor.
import type { EventInterest, MonitorEvent } from "../../monitor/backend.ts";
import { HandlerBackend, type MethodHandlers } from "../../monitor/handlers.ts";
import { METHODS } from "../../monitor/methods/mod.ts";
import type { RunState } from "../../monitor/table.ts";

/** A call that reached the machine. */
export interface FakeCall {
  method: string;
  params: unknown;
  client: number;
}

/** A moment that no test looks at. */
export const NOW = { instructions: "0x10", seconds: 0.5 };

/** A backend whose answers are the table's examples, with a record of calls. */
export class FakeBackend extends HandlerBackend {
  readonly calls: FakeCall[] = [];
  interest: EventInterest | undefined;
  state: RunState;

  constructor(
    overrides: Partial<MethodHandlers> = {},
    state: RunState = "running",
  ) {
    const examples = METHODS.filter(({ home }) => home === "machine").map(
      ({ name, example }) => [name, () => example.result],
    );
    super({ ...Object.fromEntries(examples), ...overrides }, {
      state: () => this.state,
    });
    this.state = state;
  }

  override call(
    method: string,
    params: unknown,
    context: { client: number },
  ): Promise<unknown> {
    this.calls.push({ method, params, client: context.client });
    return super.call(method, params, context);
  }

  setEventInterest(interest: EventInterest): void {
    this.interest = interest;
  }

  stop(): void {
    this.emit({ name: "STOP", data: {}, at: NOW });
  }

  hcall(name: string): void {
    this.emit(hcallEvent(name));
  }
}

/** An HCALL event. */
export function hcallEvent(name: string): MonitorEvent {
  return {
    name: "HCALL",
    data: {
      vcpu: 0,
      name,
      number: "0x31c",
      args: { mflags: "0x1", resource: "0x4" },
      result: { value: 0, name: "H_SUCCESS" },
    },
    at: NOW,
  };
}
