/**
 * Buffers of a request as few file operations: an operation costs more than a
 * copy of some pages does.
 *
 * @module
 */

/** Views that go to the file together; more than one go through a copy. */
export interface Batch {
  readonly views: readonly Uint8Array[];
  readonly bytes: number;
}

/** Views of at least this size go to the file by themselves, uncopied. */
const DIRECT_BYTES = 32 * 1024;

/** Most bytes that are copied for one operation: they fit a core's cache. */
export const BATCH_BYTES = 128 * 1024;

/**
 * Cuts views into batches. What lies side by side in memory becomes one view:
 * drivers name pages one by one. No batch is empty, and one of several views
 * has at most `BATCH_BYTES`.
 */
export function* batches(views: readonly Uint8Array[]): Generator<Batch> {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  for (const view of joined(views)) {
    const direct = view.length >= DIRECT_BYTES;
    if (waiting.length > 0 && (direct || bytes + view.length > BATCH_BYTES)) {
      yield { views: waiting, bytes };
      waiting = [];
      bytes = 0;
    }
    if (direct) yield { views: [view], bytes: view.length };
    else {
      waiting.push(view);
      bytes += view.length;
    }
  }
  if (waiting.length > 0) yield { views: waiting, bytes };
}

function* joined(views: readonly Uint8Array[]): Generator<Uint8Array> {
  let last: Uint8Array | undefined;
  for (const view of views) {
    if (view.length === 0) continue;
    if (last !== undefined && follows(view, last)) {
      last = new Uint8Array(
        last.buffer,
        last.byteOffset,
        last.length + view.length,
      );
    } else {
      if (last !== undefined) yield last;
      last = view;
    }
  }
  if (last !== undefined) yield last;
}

function follows(view: Uint8Array, last: Uint8Array): boolean {
  return view.buffer === last.buffer &&
    view.byteOffset === last.byteOffset + last.length;
}

/** The batch's bytes in one piece, in `copy` where they are in several. */
export function gather({ views, bytes }: Batch, copy: Uint8Array): Uint8Array {
  const [only] = views;
  if (only !== undefined && views.length === 1) return only;
  let at = 0;
  for (const view of views) {
    copy.set(view, at);
    at += view.length;
  }
  return copy.subarray(0, bytes);
}

/** Puts bytes that `target()` gave into the views where they belong. */
export function scatter({ views }: Batch, from: Uint8Array): void {
  if (views.length === 1) return;
  let at = 0;
  for (const view of views) {
    view.set(from.subarray(at, at + view.length));
    at += view.length;
  }
}

/** Where to read a batch to: its only view, or `copy` for `scatter()`. */
export function target({ views, bytes }: Batch, copy: Uint8Array): Uint8Array {
  const [only] = views;
  if (only !== undefined && views.length === 1) return only;
  return copy.subarray(0, bytes);
}
