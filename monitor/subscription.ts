import type { EventInterest, MonitorEvent } from "./backend.ts";
import { MonitorError } from "./errors.ts";
import { EVENT_NAMES, type EventName } from "./events.ts";
import type { CheckedParams, MethodResult } from "./methods/mod.ts";

// One for every hypercall of a boot, or every request of a disk, is a flood;
// those must be asked for.
const FLOODS: readonly EventName[] = ["HCALL", "VIRTIO_NOTIFY", "VIRTIO_USED"];
const DEFAULT_EVENTS = EVENT_NAMES.filter((name) => !FLOODS.includes(name));
const MAX_HCALLS = 256;

/** Which events one client wants. */
export class Subscription {
  readonly #events = new Set<EventName>();
  #hcalls: Set<string> | "all" = new Set();

  /**
   * Adds to what is wanted.
   *
   * @throws {MonitorError} When the list of hypercalls grows beyond its bound
   */
  add({ events, hcalls }: CheckedParams<"subscribe">): void {
    const added = new Set(events ?? (hcalls ? [] : DEFAULT_EVENTS));
    if (hcalls !== undefined) added.add("HCALL");
    else if (added.has("HCALL")) this.#hcalls = "all";
    if (hcalls !== undefined && this.#hcalls !== "all") {
      const union = new Set([...this.#hcalls, ...hcalls]);
      if (union.size > MAX_HCALLS) {
        throw MonitorError.of("limit", { data: { limit: MAX_HCALLS } });
      }
      this.#hcalls = union;
    }
    for (const name of added) this.#events.add(name);
  }

  /** Takes away from what is wanted. */
  remove({ events }: CheckedParams<"unsubscribe">): void {
    for (const name of events ?? EVENT_NAMES) this.#events.delete(name);
    if (!this.#events.has("HCALL")) this.#hcalls = new Set();
  }

  /** Whether an event is wanted. */
  wants(event: MonitorEvent): boolean {
    if (!this.#events.has(event.name as EventName)) return false;
    return event.name !== "HCALL" || this.#hcalls === "all" ||
      this.#hcalls.has(String(event.data.name));
  }

  /** What is wanted, as `subscribe` answers it. */
  describe(): MethodResult<"subscribe"> {
    return {
      events: EVENT_NAMES.filter((name) => this.#events.has(name)),
      hcalls: this.#hcalls === "all" ? "all" : [...this.#hcalls],
    };
  }
}

/** What at least one of several clients wants. */
export function uniteInterests(
  subscriptions: Iterable<Subscription>,
): EventInterest {
  const events = new Set<EventName>();
  const hcalls = new Set<string>();
  let all = false;
  for (const subscription of subscriptions) {
    const wanted = subscription.describe();
    for (const name of wanted.events) events.add(name);
    if (wanted.hcalls === "all") all = true;
    else for (const name of wanted.hcalls) hcalls.add(name);
  }
  return {
    events: [...events].sort(),
    hcalls: all ? "all" : [...hcalls].sort(),
  };
}
