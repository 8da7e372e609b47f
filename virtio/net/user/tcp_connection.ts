/**
 * One TCP connection with the guest (RFC 9293), which ends in a socket of the
 * host. Where the book has two processes, bytes go through: the window is what
 * the host still takes. Acknowledgments wait a little for more data (RFC 9293,
 * 3.8.6.3): a guest that writes in small pieces collects them meanwhile.
 *
 * Segments out of order are not kept, and there is neither selective
 * acknowledgment, nor congestion control, nor urgent data: the link to the
 * guest loses and reorders nothing of itself. What the guest dropped is sent
 * again from the first byte on.
 *
 * @module
 */
import { ByteRing } from "./byte_ring.ts";
import { READ_AHEAD } from "./host_sockets.ts";
import {
  advance,
  distance,
  type NewSegment,
  TCP_FLAG,
  type TcpSegment,
} from "./tcp_segment.ts";

/** Bytes of the guest's that may be on their way to the host's socket. */
export const RECEIVE_WINDOW: number = 256 * 1024;

/** Our shift, with which a 16-bit window reaches the receive window. */
const RECEIVE_SHIFT = 3;

/** First wait for an acknowledgment, and longest, in milliseconds. */
const RETRANSMIT = { first: 1000, longest: 8000 } as const;

/** Attempts before a silent guest is given up. */
const MAX_ATTEMPTS = 10;

/** How long a connection that is over still answers, in milliseconds. */
const LINGER = 2000;

/** How long an acknowledgment waits for more data, in milliseconds. */
const ACKNOWLEDGMENT_DELAY = 1;

/** Bytes that are acknowledged at once. */
const ACKNOWLEDGED_AT_ONCE = 32 * 1024;

/** What the host may read ahead for a connection that carries much. */
const READ_FAR_AHEAD = 4 * READ_AHEAD;

/** By how much that is more, for which memory is to be had. */
export const READ_AHEAD_GROWTH: number = READ_FAR_AHEAD - READ_AHEAD;

/** Part of what is read ahead that the guest has before the host is told. */
const TAKEN_AT_ONCE = 1 / 4;

/** Duplicate acknowledgments that say that a segment is lost (RFC 5681). */
const DUPLICATES = 3;

/**
 * `connecting` waits for the host, `syn-sent` and `syn-received` for the
 * guest. Which ends of an `established` one are closed, flags say.
 */
export type TcpState =
  | "connecting"
  | "syn-sent"
  | "syn-received"
  | "established"
  | "time-wait"
  | "closed";

/** What a connection does to the world. */
export interface TcpPort {
  /** Milliseconds. */
  now(): number;
  /** Runs the work once, that many milliseconds later. */
  later(milliseconds: number, work: () => void): void;
  /** Whether the guest has room for more frames. */
  readonly room: boolean;
  /** Most bytes of data in one segment, for a guest that takes that many. */
  largest(maximum: number): number;
  /** Sends a segment; ports and addresses are the port's to fill in. */
  send(
    segment: Omit<NewSegment, "sourcePort" | "destinationPort">,
    maximum: number,
  ): void;
  toHost(data: ArrayBuffer): void;
  endToHost(): void;
  abortHost(): void;
  /** Bytes of the host's that are done with, or for which there is room. */
  taken(bytes: number): void;
  /** Asks for room for `READ_AHEAD_GROWTH` bytes more; gives whether it is had. */
  grow(): boolean;
}

/** A connection between the guest and a socket of the host. */
export class TcpConnection {
  readonly #port: TcpPort;
  readonly #outgoing = new ByteRing(READ_FAR_AHEAD);
  #state: TcpState;
  /** The oldest byte that is not acknowledged, and the next and furthest sent. */
  #unacknowledged: number;
  #next: number;
  #furthest: number;
  #window = 0;
  #windowShift = 0;
  #maximum = 0;
  #scaled = false;
  /** The next byte that the guest is to send, and what it knows of that. */
  #expected = 0;
  #acknowledged = 0;
  #acknowledgesSoon = false;
  /** Bytes that the guest has, and the host was not told of. */
  #taken = 0;
  /** What the host may read ahead. */
  #ahead = READ_AHEAD;
  /** Whether it was asked for more. */
  #grew = false;
  #pendingAtHost = 0;
  /** The window that the guest knows of. */
  #announced = 0;
  #hostEnded = false;
  #guestEnded = false;
  #finSent = false;
  #deadline = 0;
  #wait: number = RETRANSMIT.first;
  #attempts = 0;
  #duplicates = 0;

  /** With a SYN of the guest's it waits for the host; without, it calls the guest. */
  constructor(
    port: TcpPort,
    { initial, syn }: { initial: number; syn?: TcpSegment },
  ) {
    this.#port = port;
    this.#unacknowledged = initial;
    this.#next = initial;
    this.#furthest = initial;
    if (syn === undefined) {
      this.#state = "syn-sent";
      this.#scaled = true;
      this.#sendSyn();
      this.#startTimer();
    } else {
      this.#state = "connecting";
      this.#takeSyn(syn);
    }
  }

  get state(): TcpState {
    return this.#state;
  }

  /** Numbers of a segment that the guest would take now. */
  get numbers(): { sequence: number; acknowledgment: number } {
    return { sequence: this.#furthest, acknowledgment: this.#expected };
  }

  /** The host's socket is connected. */
  opened(): void {
    if (this.#state !== "connecting") return;
    this.#state = "syn-received";
    this.#sendSyn();
    this.#startTimer();
  }

  /** The host's socket failed: the guest is refused, or cut off. */
  failed(): void {
    if (this.#state === "closed") return;
    this.#sendReset();
    this.#state = "closed";
  }

  /** Ends both sides at once. */
  abort(): void {
    if (this.#state === "closed") return;
    if (this.#state !== "time-wait") this.#port.abortHost();
    this.failed();
  }

  /** Data of the host's. */
  fromHost(data: Uint8Array): void {
    if (this.#over || this.#hostEnded) return;
    const bytes = this.#outgoing.length + this.#taken + data.length;
    if (bytes > this.#ahead || !this.#outgoing.append(data)) {
      this.abort(); // The host gave more than was asked for.
      return;
    }
    this.pump();
  }

  /** The host will send nothing more. */
  hostEnded(): void {
    if (this.#over) return;
    this.#hostEnded = true;
    this.pump();
  }

  /** The host took data of the guest's. */
  sentToHost(bytes: number): void {
    this.#pendingAtHost = Math.max(0, this.#pendingAtHost - bytes);
    if (this.#state !== "established" || this.#guestEnded) return;
    const grown = this.#free - this.#announced;
    if (grown >= RECEIVE_WINDOW / 4) this.#sendAck();
  }

  /** A segment of the guest's. */
  segment(segment: TcpSegment): void {
    const { flags } = segment;
    if (this.#state === "connecting") {
      if ((flags & TCP_FLAG.rst) !== 0) this.#resetByGuest();
      return;
    }
    if (this.#state === "syn-sent") {
      this.#answered(segment);
      return;
    }
    if (this.#over) {
      if (this.#state === "time-wait" && (flags & TCP_FLAG.rst) === 0) {
        this.#sendAck();
      }
      return;
    }
    const offset = distance(this.#expected, segment.sequence);
    if ((flags & TCP_FLAG.rst) !== 0) {
      // RFC 5961, 3.2: only the expected number counts; others are asked back.
      if (offset === 0) this.#resetByGuest();
      else if (offset > 0 && offset < RECEIVE_WINDOW) this.#sendAck();
      return;
    }
    if ((flags & TCP_FLAG.syn) !== 0) {
      if (this.#state === "syn-received") this.#sendSyn();
      else this.#sendAck();
      return;
    }
    if ((flags & TCP_FLAG.ack) === 0 || !this.#acknowledge(segment)) return;
    if (!this.#over) this.#receive(segment, offset);
    if (!this.#over) this.pump();
    this.#endIfDone();
  }

  /** Sends what may be sent. */
  pump(): void {
    if (this.#state !== "established" || this.#finAcknowledged) return;
    const largest = this.#port.largest(this.#maximum);
    while (this.#port.room) {
      const offset = distance(this.#unacknowledged, this.#next);
      const left = this.#outgoing.length - offset;
      const length = Math.min(left, this.#window - offset, largest);
      const last = this.#hostEnded && left >= 0 && left === Math.max(0, length);
      if (length <= 0 && !last) return;
      this.#sendData(offset, Math.max(0, length), last);
      if (last) return;
    }
  }

  /** To be called now and then: sends again what got no answer. */
  tick(): void {
    const waits = distance(this.#unacknowledged, this.#furthest) > 0 ||
      this.#outgoing.length > 0 || this.#state === "time-wait";
    if (!waits || this.#port.now() < this.#deadline) return;
    if (this.#state === "time-wait") {
      this.#state = "closed";
      return;
    }
    if (this.#state === "connecting" || this.#state === "closed") return;
    if (!this.#port.room && this.#state === "established") return;
    if (++this.#attempts > MAX_ATTEMPTS) {
      this.abort();
      return;
    }
    this.#wait = Math.min(2 * this.#wait, RETRANSMIT.longest);
    this.#deadline = this.#port.now() + this.#wait;
    if (this.#state !== "established") this.#sendSyn();
    else this.#again();
  }

  get #over(): boolean {
    return this.#state === "closed" || this.#state === "time-wait";
  }

  /** Whether the guest knows that nothing more will come. */
  get #finAcknowledged(): boolean {
    return this.#finSent && this.#unacknowledged === this.#furthest;
  }

  get #free(): number {
    return Math.max(0, RECEIVE_WINDOW - this.#pendingAtHost);
  }

  #takeSyn({ sequence, maximum, shift, window }: TcpSegment): void {
    this.#expected = advance(sequence, 1);
    this.#maximum = maximum;
    this.#scaled = shift !== undefined;
    this.#windowShift = shift ?? 0;
    this.#window = window; // That of a SYN is never scaled (RFC 7323, 2.2).
  }

  /** The guest's answer to our SYN. */
  #answered(segment: TcpSegment): void {
    const { flags, acknowledgment } = segment;
    const { syn, ack, rst } = TCP_FLAG;
    const right = (flags & ack) !== 0 &&
      acknowledgment === advance(this.#unacknowledged, 1);
    if (!right) return;
    if ((flags & rst) !== 0) {
      this.#resetByGuest();
      return;
    }
    if ((flags & syn) === 0) return;
    this.#takeSyn(segment);
    this.#established(acknowledgment);
    this.#sendAck();
    this.pump();
  }

  #established(acknowledgment: number): void {
    this.#state = "established";
    this.#unacknowledged = acknowledgment;
    this.#next = acknowledgment;
    this.#furthest = acknowledgment;
    this.#startTimer();
  }

  #resetByGuest(): void {
    this.#port.abortHost();
    this.#state = "closed";
  }

  /** Takes an acknowledgment; gives false where the segment is not to be looked at. */
  #acknowledge(segment: TcpSegment): boolean {
    const { acknowledgment, window, data } = segment;
    const bytes = distance(this.#unacknowledged, acknowledgment);
    if (bytes > distance(this.#unacknowledged, this.#furthest)) {
      if (this.#state === "syn-received") this.#sendReset(acknowledgment);
      else this.#sendAck();
      return false;
    }
    if (this.#state === "syn-received") {
      if (bytes !== 1) return false;
      this.#established(acknowledgment);
    } else if (bytes > 0) {
      this.#progress(acknowledgment, bytes);
    }
    if (bytes < 0) return true;
    const scaled = window * 2 ** this.#windowShift;
    const repeated = bytes === 0 && data.length === 0 &&
      scaled === this.#window && this.#next !== this.#unacknowledged;
    this.#window = scaled;
    if (scaled === 0) this.#attempts = 0; // It is there, and only slow.
    this.#duplicates = repeated ? this.#duplicates + 1 : 0;
    if (this.#duplicates === DUPLICATES) this.#again();
    return true;
  }

  #progress(acknowledgment: number, bytes: number): void {
    const data = Math.min(bytes, this.#outgoing.length);
    this.#outgoing.drop(data);
    this.#unacknowledged = acknowledgment;
    if (distance(this.#next, acknowledgment) > 0) this.#next = acknowledgment;
    this.#startTimer();
    this.#taken += data;
    const much = this.#taken >= TAKEN_AT_ONCE * this.#ahead;
    if (!much && this.#outgoing.length > 0) return;
    if (much && !this.#grew) {
      this.#grew = true;
      if (this.#port.grow()) {
        this.#ahead = READ_FAR_AHEAD;
        this.#taken += READ_AHEAD_GROWTH;
      }
    }
    if (this.#taken > 0) this.#port.taken(this.#taken);
    this.#taken = 0;
  }

  /** Takes data and the end, as far as they are what is expected. */
  #receive({ data, flags }: TcpSegment, offset: number): void {
    const ends = (flags & TCP_FLAG.fin) !== 0;
    if (data.length === 0 && !ends) {
      // Below the window: it asks whether we are there (RFC 9293, 3.8.4).
      if (offset < 0) this.#sendAck();
      return;
    }
    const fresh = data.length + offset;
    if (this.#guestEnded || offset > 0 || fresh < 0) {
      this.#sendAck();
      return;
    }
    const room = Math.min(fresh, this.#free);
    if (room > 0) {
      this.#expected = advance(this.#expected, room);
      this.#pendingAtHost += room;
      this.#port.toHost(data.slice(-offset, -offset + room).buffer);
    }
    if (ends && room === fresh) {
      this.#expected = advance(this.#expected, 1);
      this.#guestEnded = true;
      this.#port.endToHost();
    }
    const waiting = distance(this.#acknowledged, this.#expected);
    if (ends || room < fresh || waiting >= ACKNOWLEDGED_AT_ONCE) {
      this.#sendAck();
    } else this.#acknowledgeSoon();
  }

  /** Acknowledges unless a segment does so before. */
  #acknowledgeSoon(): void {
    if (this.#acknowledgesSoon) return;
    this.#acknowledgesSoon = true;
    this.#port.later(ACKNOWLEDGMENT_DELAY, () => {
      this.#acknowledgesSoon = false;
      if (!this.#over && this.#acknowledged !== this.#expected) this.#sendAck();
    });
  }

  /** Both ends are closed, and the guest knows. */
  #endIfDone(): void {
    if (this.#state !== "established" || !this.#guestEnded) return;
    if (!this.#finAcknowledged) return;
    this.#state = "time-wait";
    this.#deadline = this.#port.now() + LINGER;
  }

  /** Goes back to the first byte without an answer. */
  #again(): void {
    this.#next = this.#unacknowledged;
    // A closed window is asked for with one byte of data (RFC 9293, 3.8.6.1).
    if (this.#window === 0 && this.#outgoing.length > 0) {
      this.#sendData(0, 1, false);
      this.#next = this.#unacknowledged; // The guest will hardly have kept it.
      return;
    }
    this.pump();
  }

  #sendData(offset: number, length: number, ends: boolean): void {
    if (distance(this.#unacknowledged, this.#furthest) === 0) {
      this.#startTimer();
    }
    const { ack, psh, fin } = TCP_FLAG;
    this.#send({
      flags: ack | (length > 0 ? psh : 0) | (ends ? fin : 0),
      sequence: this.#next,
      length,
      fill: (data) => this.#outgoing.read(offset, data),
    });
    this.#finSent ||= ends;
    this.#next = advance(this.#next, length + (ends ? 1 : 0));
    if (distance(this.#furthest, this.#next) > 0) this.#furthest = this.#next;
  }

  #sendSyn(): void {
    const answers = this.#state === "syn-received";
    this.#send({
      flags: TCP_FLAG.syn | (answers ? TCP_FLAG.ack : 0),
      sequence: this.#unacknowledged,
      synOptions: { shift: this.#scaled ? RECEIVE_SHIFT : undefined },
    });
    this.#next = advance(this.#unacknowledged, 1);
    this.#furthest = this.#next;
  }

  #sendAck(): void {
    this.#send({ flags: TCP_FLAG.ack, sequence: this.#next });
  }

  #sendReset(sequence: number = this.#next): void {
    this.#send({ flags: TCP_FLAG.rst | TCP_FLAG.ack, sequence });
  }

  #send(
    segment: Pick<
      NewSegment,
      "flags" | "sequence" | "length" | "fill" | "synOptions"
    >,
  ): void {
    const scales = this.#scaled && (segment.flags & TCP_FLAG.syn) === 0;
    const shift = scales ? RECEIVE_SHIFT : 0;
    const window = Math.min(0xffff, this.#free >> shift);
    this.#announced = window << shift;
    this.#acknowledged = this.#expected;
    const acknowledgment = (segment.flags & TCP_FLAG.ack) === 0
      ? 0
      : this.#expected;
    this.#port.send({ ...segment, acknowledgment, window }, this.#maximum);
  }

  #startTimer(): void {
    this.#wait = RETRANSMIT.first;
    this.#attempts = 0;
    this.#duplicates = 0;
    this.#deadline = this.#port.now() + this.#wait;
  }
}
