/**
 * All TCP connections of the guest.
 *
 * @module
 */
import { type Address, EPHEMERAL, NETWORK } from "./address.ts";
import { type FlowKey, FlowMap } from "./flow_map.ts";
import {
  type HostEndpoint,
  type HostEvent,
  READ_CHUNK,
} from "./host_sockets.ts";
import {
  READ_AHEAD_GROWTH,
  TcpConnection,
  type TcpPort,
} from "./tcp_connection.ts";
import {
  advance,
  newTcpFrame,
  TCP_FLAG,
  type TcpSegment,
} from "./tcp_segment.ts";
import type { Wire } from "./wire.ts";

/** Most connections at a time, which bounds the memory that they take. */
export const MAX_CONNECTIONS = 512;

/** Far enough that a port's next connection does not meet the last one's. */
const SEQUENCE_STEP = 0x00fa0000;

/** Memory for data that is read far ahead, of all connections together. */
const FAR_AHEAD_BYTES = 32 * 1024 * 1024;

interface Entry {
  readonly key: FlowKey;
  readonly guest: Address;
  readonly socket: number;
  readonly connection: TcpConnection;
}

/** Where a segment came from and goes to. */
export interface TcpRoute {
  readonly guest: Address;
  readonly address: Address;
}

/** A connection that was there when a machine was saved. */
export interface SavedConnection extends FlowKey {
  readonly guest: Address;
  readonly sequence: number;
  readonly acknowledgment: number;
}

/** Connections out, and in by forwarded ports. */
export class TcpTable {
  readonly #wire: Wire;
  readonly #byFlow = new FlowMap<Entry>();
  readonly #bySocket = new Map<number, Entry>();
  /** Sockets whose data is read far ahead. */
  readonly #farAhead = new Set<number>();
  #sequence = SEQUENCE_STEP;
  #ephemeral = 0;
  /** Connections of a saved machine, of which the guest is to be told. */
  #lost: readonly SavedConnection[] = [];

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  get size(): number {
    return this.#byFlow.size;
  }

  /**
   * Takes a segment of the guest's. `target` is where on the host a new
   * connection leads; undefined where it must not be.
   */
  segment(
    segment: TcpSegment,
    { guest, address, target }: TcpRoute & {
      target: HostEndpoint | undefined;
    },
  ): void {
    const key = {
      address,
      port: segment.destinationPort,
      guestPort: segment.sourcePort,
    };
    const kind = segment.flags & (TCP_FLAG.syn | TCP_FLAG.ack | TCP_FLAG.rst);
    const calls = kind === TCP_FLAG.syn;
    let entry = this.#byFlow.get(key);
    const reused = calls && entry?.connection.state === "time-wait";
    if (entry !== undefined && (entry.guest !== guest || reused)) {
      if (!reused) {
        this.#wire.drop("tcp-other-guest");
        return;
      }
      this.#remove(entry);
      entry = undefined;
    }
    if (entry !== undefined) {
      entry.connection.segment(segment);
      this.#removeIfClosed(entry);
    } else if (calls && target !== undefined && this.#makeRoom()) {
      this.#call(segment, { key, guest, target });
    } else {
      this.#refuse(segment, { guest, address });
    }
  }

  /** Somebody connected to a forwarded port. */
  accepted(socket: number, guestPort: number): void {
    const port = this.#freePort(guestPort);
    if (port === undefined || !this.#makeRoom()) {
      this.#wire.drop("tcp-full");
      this.#wire.toHost({ kind: "tcp-abort", socket });
      return;
    }
    const key = { address: NETWORK.gateway, port, guestPort };
    this.#add({ key, guest: NETWORK.guest, socket });
  }

  /** Something happened to a socket of a connection. */
  event(event: Extract<HostEvent, { socket: number }>): void {
    const entry = this.#bySocket.get(event.socket);
    if (entry === undefined) return;
    const { connection } = entry;
    if (event.kind === "tcp-open") connection.opened();
    else if (event.kind === "tcp-data") {
      connection.fromHost(new Uint8Array(event.data));
    } else if (event.kind === "tcp-sent") connection.sentToHost(event.bytes);
    else if (event.kind === "tcp-end") connection.hostEnded();
    else if (event.kind === "tcp-failed") connection.failed();
    this.#removeIfClosed(entry);
  }

  /** The guest has room for frames again. */
  pump(): void {
    for (const lost of this.#lost) this.#resetLost(lost);
    this.#lost = [];
    for (const { connection } of this.#byFlow.values()) connection.pump();
  }

  tick(): void {
    for (const entry of this.#byFlow.values()) {
      entry.connection.tick();
      this.#removeIfClosed(entry);
    }
  }

  save(): SavedConnection[] {
    return this.#byFlow.values().map(({ key, guest, connection }) => ({
      ...key,
      guest,
      ...connection.numbers,
    }));
  }

  /**
   * There is nothing on the host for connections that were saved: the guest is
   * told with the next `pump()`. Throws TypeError for what `save()` cannot have
   * given.
   */
  restore(saved: unknown): void {
    if (
      !Array.isArray(saved) || saved.length > MAX_CONNECTIONS ||
      !saved.every(isSaved)
    ) throw new TypeError("Cannot restore connections: not such a list");
    this.reset();
    this.#lost = saved.map((lost) => ({ ...lost }));
  }

  /** The guest that talked is gone. */
  reset(): void {
    this.#lost = [];
    for (const entry of this.#byFlow.values()) {
      entry.connection.abort();
      this.#remove(entry);
    }
  }

  #call(
    syn: TcpSegment,
    { key, guest, target }: {
      key: FlowKey;
      guest: Address;
      target: HostEndpoint;
    },
  ): void {
    const socket = this.#wire.newNumber();
    this.#add({ key, guest, socket, syn });
    this.#wire.toHost({ kind: "tcp-connect", socket, ...target });
  }

  #add(
    { syn, ...parts }: Omit<Entry, "connection"> & { syn?: TcpSegment },
  ): void {
    const initial = this.#sequence;
    this.#sequence = advance(this.#sequence, SEQUENCE_STEP);
    const connection = new TcpConnection(
      this.#newPort(parts),
      syn === undefined ? { initial } : { initial, syn },
    );
    const entry = { ...parts, connection };
    this.#byFlow.set(entry.key, entry);
    this.#bySocket.set(entry.socket, entry);
  }

  #newPort({ key, guest, socket }: Omit<Entry, "connection">): TcpPort {
    const wire = this.#wire;
    return {
      now: () => wire.now(),
      later: (milliseconds, work) => wire.later(milliseconds, work),
      get room() {
        return wire.room;
      },
      largest: (maximum) => wire.offloads.segments ? READ_CHUNK : maximum,
      send(segment, maximum) {
        const { frame, offload } = newTcpFrame(
          { to: wire.guestMac, source: key.address, destination: guest },
          {
            sourcePort: key.port,
            destinationPort: key.guestPort,
            ...segment,
          },
          { offload: wire.offloads.checksum, segmentBytes: maximum },
        );
        wire.toGuest(frame, offload);
      },
      toHost: (data) => wire.toHost({ kind: "tcp-send", socket, data }),
      endToHost: () => wire.toHost({ kind: "tcp-end", socket }),
      abortHost: () => wire.toHost({ kind: "tcp-abort", socket }),
      grow: () => {
        const bytes = READ_AHEAD_GROWTH * (this.#farAhead.size + 1);
        if (bytes > FAR_AHEAD_BYTES) return false;
        this.#farAhead.add(socket);
        return true;
      },
      taken: (bytes) => wire.toHost({ kind: "tcp-taken", socket, bytes }),
    };
  }

  /**
   * Where the number is not just what the guest expects, it asks back, and
   * gets its answer as a segment of no connection (RFC 5961, 3.2).
   */
  #resetLost({ guest, address, port, guestPort, ...numbers }: SavedConnection) {
    const { frame } = newTcpFrame(
      { to: this.#wire.guestMac, source: address, destination: guest },
      {
        sourcePort: port,
        destinationPort: guestPort,
        ...numbers,
        flags: TCP_FLAG.rst | TCP_FLAG.ack,
        window: 0,
      },
    );
    this.#wire.toGuest(frame);
  }

  /** Answers a segment of no connection (RFC 9293, 3.10.7.1). */
  #refuse(segment: TcpSegment, { guest, address }: TcpRoute): void {
    const { flags, sequence, acknowledgment, data } = segment;
    if ((flags & TCP_FLAG.rst) !== 0) return;
    const answers = (flags & TCP_FLAG.ack) !== 0;
    const ends = Number((flags & TCP_FLAG.syn) !== 0) +
      Number((flags & TCP_FLAG.fin) !== 0);
    const { frame } = newTcpFrame(
      { to: this.#wire.guestMac, source: address, destination: guest },
      {
        sourcePort: segment.destinationPort,
        destinationPort: segment.sourcePort,
        sequence: answers ? acknowledgment : 0,
        acknowledgment: answers ? 0 : advance(sequence, data.length + ends),
        flags: answers ? TCP_FLAG.rst : TCP_FLAG.rst | TCP_FLAG.ack,
        window: 0,
      },
    );
    this.#wire.drop("tcp-refused");
    this.#wire.toGuest(frame);
  }

  /** Whether there may be one more; those that only linger make place. */
  #makeRoom(): boolean {
    if (this.size < MAX_CONNECTIONS) return true;
    const idle = this.#byFlow.values()
      .find(({ connection }) => connection.state === "time-wait");
    if (idle !== undefined) this.#remove(idle);
    return idle !== undefined;
  }

  #freePort(guestPort: number): number | undefined {
    // More tries than there are connections: one of the ports is free.
    for (let tries = 0; tries <= MAX_CONNECTIONS; tries++) {
      const port = EPHEMERAL.first + this.#ephemeral;
      this.#ephemeral = (this.#ephemeral + 1) % EPHEMERAL.count;
      const key = { address: NETWORK.gateway, port, guestPort };
      if (this.#byFlow.get(key) === undefined) return port;
    }
    return undefined;
  }

  #removeIfClosed(entry: Entry): void {
    if (entry.connection.state === "closed") this.#remove(entry);
  }

  #remove(entry: Entry): void {
    if (this.#byFlow.get(entry.key) === entry) this.#byFlow.delete(entry.key);
    this.#bySocket.delete(entry.socket);
    this.#farAhead.delete(entry.socket);
  }
}

function isSaved(value: unknown): value is SavedConnection {
  if (typeof value !== "object" || value === null) return false;
  const saved = value as Record<string, unknown>;
  const below = (name: string, limit: number) => {
    const number = saved[name];
    return Number.isInteger(number) && Number(number) >= 0 &&
      Number(number) < limit;
  };
  return below("guest", 2 ** 32) && below("address", 2 ** 32) &&
    below("port", 65536) && below("guestPort", 65536) &&
    below("sequence", 2 ** 32) && below("acknowledgment", 2 ** 32);
}
