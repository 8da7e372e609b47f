/**
 * Order between a ring's parts: an index must not be seen before what it
 * counts, and an event index must be out before the other side's is read
 * (virtio 1.3, 2.7.13.3.1).
 *
 * @module
 */

const cell = new Int32Array(new SharedArrayBuffer(4));

/**
 * All accesses before it come before all accesses after it, as vCPUs on other
 * threads see them. JavaScript has no fence of its own, but a read-modify-write
 * is sequentially consistent with everything around it.
 */
export function fence(): void {
  Atomics.add(cell, 0, 0);
}
