/**
 * Frames that wait for the guest to give buffers.
 *
 * @module
 */
import { type FrameOffload, MAX_FRAME_BYTES } from "./backend.ts";

/** A frame on its way to the guest. */
export interface WaitingFrame {
  readonly frame: Uint8Array<ArrayBuffer>;
  readonly offload: FrameOffload | undefined;
}

/** From so many bytes or frames on, a backend is asked to wait. */
const ROOM = { bytes: 1024 * 1024, frames: 512 } as const;

/** Beyond so many, frames are lost: answers that cannot wait fit between. */
export const BACKLOG_LIMIT = { bytes: 2 * ROOM.bytes, frames: 1024 } as const;

/** Frames in their order, as many as there is room for. */
export class Backlog {
  #frames: WaitingFrame[] = [];
  #bytes = 0;

  get length(): number {
    return this.#frames.length;
  }

  get first(): WaitingFrame | undefined {
    return this.#frames[0];
  }

  /** Whether a backend should go on. */
  get room(): boolean {
    return this.#bytes < ROOM.bytes && this.#frames.length < ROOM.frames;
  }

  /** Takes a frame; gives whether there was room for it. */
  add(waiting: WaitingFrame): boolean {
    const bytes = this.#bytes + waiting.frame.length;
    const full = bytes > BACKLOG_LIMIT.bytes ||
      this.#frames.length >= BACKLOG_LIMIT.frames;
    if (full || waiting.frame.length > MAX_FRAME_BYTES) return false;
    this.#frames.push(waiting);
    this.#bytes = bytes;
    return true;
  }

  /** The first frame is gone. */
  shift(): void {
    this.#bytes -= this.#frames.shift()?.frame.length ?? 0;
  }

  clear(): void {
    this.#frames = [];
    this.#bytes = 0;
  }

  save(): readonly WaitingFrame[] {
    return [...this.#frames];
  }

  /** Throws TypeError or RangeError for what `save()` cannot have given. */
  restore(frames: unknown): void {
    if (!Array.isArray(frames)) {
      throw new TypeError("Cannot restore frames: not a list");
    }
    this.clear();
    for (const waiting of frames) {
      if (!(waiting?.frame instanceof Uint8Array)) {
        throw new TypeError("Cannot restore a frame: not bytes");
      }
      if (!this.add({ frame: waiting.frame, offload: waiting.offload })) {
        throw new RangeError("Cannot restore frames: more than there may be");
      }
    }
  }
}
