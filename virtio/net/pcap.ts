/**
 * Frames in the file format that tcpdump and Wireshark read
 * (draft-ietf-opsawg-pcap, sections 4 and 5).
 *
 * @module
 */
import {
  type AcceptedOffloads,
  type FrameOffload,
  MAX_FRAME_BYTES,
  type NetBackend,
  type NetLink,
  type NetReport,
} from "./backend.ts";
import { completeChecksum } from "./checksum.ts";

const MAGIC = 0xa1b2c3d4; // in microseconds
const VERSION = { major: 2, minor: 4 } as const;
const LINK_TYPE_ETHERNET = 1;

/** Where records go, each at once. */
export interface DumpTarget {
  /** Why records are no longer written; undefined where they are. */
  readonly failed?: string | undefined;
  write(bytes: Uint8Array<ArrayBuffer>): void;
}

/** What comes before all frames. */
export function pcapHeader(): Uint8Array<ArrayBuffer> {
  // Readers tell the order by the magic number; this one is the network's.
  const view = new DataView(new ArrayBuffer(24));
  view.setUint32(0, MAGIC);
  view.setUint16(4, VERSION.major);
  view.setUint16(6, VERSION.minor);
  view.setUint32(16, MAX_FRAME_BYTES);
  view.setUint32(20, LINK_TYPE_ETHERNET);
  return new Uint8Array(view.buffer);
}

/** A frame with its time, in microseconds since 1970. */
export function pcapRecord(
  frame: Uint8Array,
  microseconds: number,
): Uint8Array<ArrayBuffer> {
  const record = new Uint8Array(16 + frame.length);
  const view = new DataView(record.buffer);
  view.setUint32(0, Math.floor(microseconds / 1e6));
  view.setUint32(4, microseconds % 1e6);
  view.setUint32(8, frame.length);
  view.setUint32(12, frame.length);
  record.set(frame, 16);
  return record;
}

/**
 * A backend that writes down what passes. Checksums that were left out are
 * there; large segments stay whole.
 */
export class DumpingBackend implements NetBackend {
  readonly #backend: NetBackend;
  readonly #file: DumpTarget;
  readonly #now: () => number;

  /** Writes the header at once. `now` gives microseconds since 1970. */
  constructor(backend: NetBackend, file: DumpTarget, { now }: {
    now: () => number;
  }) {
    this.#backend = backend;
    this.#file = file;
    this.#now = now;
    file.write(pcapHeader());
  }

  get offloads(): AcceptedOffloads {
    return this.#backend.offloads;
  }

  connect(link: NetLink): void {
    this.#backend.connect({
      get offloads() {
        return link.offloads;
      },
      get room() {
        return link.room;
      },
      receive: (frame, offload) => {
        this.#write(frame, offload);
        link.receive(frame, offload);
      },
    });
  }

  send(frame: Uint8Array<ArrayBuffer>, offload?: FrameOffload): void {
    this.#write(frame, offload);
    this.#backend.send(frame, offload);
  }

  drained(): void {
    this.#backend.drained();
  }

  reset(): void {
    this.#backend.reset();
  }

  get expectant(): boolean {
    return this.#backend.expectant;
  }

  report(): NetReport {
    const { failed } = this.#file;
    return {
      ...this.#backend.report(),
      ...failed !== undefined && { dumpFailed: failed },
    };
  }

  save(): unknown {
    return this.#backend.save();
  }

  restore(state: unknown): void {
    this.#backend.restore(state);
  }

  #write(frame: Uint8Array, offload: FrameOffload | undefined): void {
    const record = pcapRecord(frame, this.#now());
    if (offload !== undefined) completeChecksum(record.subarray(16), offload);
    this.#file.write(record);
  }
}
