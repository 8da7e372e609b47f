import type { EventInterest, MonitorEvent } from "./backend.ts";
import { MonitorError } from "./errors.ts";
import { EVENT_NAMES, type EventName } from "./events.ts";
import type { CheckedParams, MethodResult } from "./methods/mod.ts";
import { VirtioFilter } from "./virtio_filter.ts";

const isVirtio = (name: string) => name.startsWith("VIRTIO_");
const VIRTIO_EVENTS = EVENT_NAMES.filter(isVirtio);

// One for every hypercall of a boot, or every request of a disk, is a flood;
// those must be asked for.
const FLOODS: readonly EventName[] = ["HCALL", "VIRTIO_NOTIFY", "VIRTIO_USED"];
const DEFAULT_EVENTS = EVENT_NAMES.filter((name) => !FLOODS.includes(name));
const MAX_HCALLS = 256;
const MAX_PLACES = 256;

/** Which events one client wants. */
export class Subscription {
  readonly #events = new Set<EventName>();
  #hcalls: Set<string> | "all" = new Set();
  #virtio: VirtioFilter | "all" = new VirtioFilter();

  /**
   * Adds to what is wanted.
   *
   * @throws {MonitorError} When the list of hypercalls, or of devices and
   * queues, grows beyond its bound
   */
  add({ events, hcalls, virtio }: CheckedParams<"subscribe">): void {
    const filtered = hcalls !== undefined || virtio !== undefined;
    const added = new Set(events ?? (filtered ? [] : DEFAULT_EVENTS));
    if (virtio !== undefined && ![...added].some(isVirtio)) {
      for (const name of VIRTIO_EVENTS) added.add(name);
    }
    if (hcalls !== undefined) added.add("HCALL");
    // Both bounds first: what is refused changes nothing.
    const calls = this.#addCalls(hcalls, added);
    const places = this.#addPlaces(virtio, added);
    this.#hcalls = calls;
    this.#virtio = places;
    for (const name of added) this.#events.add(name);
  }

  /** Takes away from what is wanted. */
  remove({ events }: CheckedParams<"unsubscribe">): void {
    for (const name of events ?? EVENT_NAMES) this.#events.delete(name);
    if (!this.#events.has("HCALL")) this.#hcalls = new Set();
    if (!VIRTIO_EVENTS.some((name) => this.#events.has(name))) {
      this.#virtio = new VirtioFilter();
    }
  }

  /** Whether an event is wanted. */
  wants({ name, data }: MonitorEvent): boolean {
    if (!this.#events.has(name as EventName)) return false;
    if (name === "HCALL") {
      return this.#hcalls === "all" || this.#hcalls.has(String(data.name));
    }
    return this.#virtio === "all" || !isVirtio(name) ||
      this.#virtio.wants(data);
  }

  /** What is wanted, as `subscribe` answers it. */
  describe(): MethodResult<"subscribe"> {
    return {
      events: EVENT_NAMES.filter((name) => this.#events.has(name)),
      hcalls: this.#hcalls === "all" ? "all" : [...this.#hcalls],
      virtio: this.#virtio === "all" ? "all" : this.#virtio.places(),
    };
  }

  #addCalls(
    hcalls: readonly string[] | undefined,
    added: ReadonlySet<EventName>,
  ): Set<string> | "all" {
    if (this.#hcalls === "all") return "all";
    if (hcalls === undefined) return added.has("HCALL") ? "all" : this.#hcalls;
    const union = new Set([...this.#hcalls, ...hcalls]);
    if (union.size <= MAX_HCALLS) return union;
    throw MonitorError.of("limit", { data: { limit: MAX_HCALLS } });
  }

  #addPlaces(
    virtio: CheckedParams<"subscribe">["virtio"],
    added: ReadonlySet<EventName>,
  ): VirtioFilter | "all" {
    if (this.#virtio === "all") return "all";
    if (virtio === undefined) {
      return [...added].some(isVirtio) ? "all" : this.#virtio;
    }
    const union = new VirtioFilter([...this.#virtio.places(), ...virtio]);
    if (union.size <= MAX_PLACES) return union;
    throw MonitorError.of("limit", { data: { limit: MAX_PLACES } });
  }
}

/** What at least one of several clients wants. */
export function uniteInterests(
  subscriptions: Iterable<Subscription>,
): EventInterest {
  const events = new Set<EventName>();
  const hcalls = new Set<string>();
  const places = new VirtioFilter();
  let allCalls = false;
  let allPlaces = false;
  for (const subscription of subscriptions) {
    const wanted = subscription.describe();
    for (const name of wanted.events) events.add(name);
    if (wanted.hcalls === "all") allCalls = true;
    else for (const name of wanted.hcalls) hcalls.add(name);
    if (wanted.virtio === "all") allPlaces = true;
    else for (const place of wanted.virtio) places.add(place);
  }
  return {
    events: [...events].sort(),
    hcalls: allCalls ? "all" : [...hcalls].sort(),
    virtio: allPlaces ? "all" : places.places(),
  };
}
