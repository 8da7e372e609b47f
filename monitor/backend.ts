import type { EventName } from "./events.ts";
import type { VirtioPlace } from "./virtio_filter.ts";

/** Who asks. */
export interface CallContext {
  /** Number of the client, unique within one server; 0 is the host's own prompt or library caller. */
  client: number;
}

/** A moment of the guest's run. */
export interface Instant {
  /** Instructions executed since the machine was made, as a hex string. */
  instructions: string;
  /** Virtual time since the machine was made, in seconds. */
  seconds: number;
}

/** Something that happened in the machine, as plain data. */
export interface MonitorEvent {
  /** Name in the table of `monitor/events.ts`. */
  name: string;
  /** What the event's schema in `monitor/events.ts` describes. */
  data: Record<string, unknown>;
  /** When it happened. */
  at: Instant;
}

/** Which events somebody listens to, so that a machine need not make the others. */
export interface EventInterest {
  /** Names of all events that at least one client has subscribed to. */
  events: readonly EventName[];
  /** Names of the hypercalls whose HCALL events are wanted, or all of them. */
  hcalls: readonly string[] | "all";
  /** Devices and queues whose VIRTIO_ events are wanted, or all of them. */
  virtio: readonly VirtioPlace[] | "all";
}

/**
 * What stands behind the monitor: the machine, seen from the thread that owns
 * the sockets. Parameters arrive already checked against the method's schema.
 */
export interface MonitorBackend {
  /**
   * Carries out a method of the table.
   *
   * @returns What the method's result schema describes
   * @throws {MonitorError} When the method cannot be carried out; any other
   * error reaches the client as an internal error without its text
   */
  call(
    method: string,
    params: unknown,
    context: CallContext,
  ): Promise<unknown>;
  /**
   * Listens to every event of the machine.
   *
   * @returns A function that ends the listening
   */
  onEvent(listener: (event: MonitorEvent) => void): () => void;
  /** Learns what is listened to, each time that this changes. */
  setEventInterest?(interest: EventInterest): void;
}
