/**
 * What two processors have left differently.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import {
  type Case,
  ENDING,
  type Outcome,
  readPlace,
  REGISTERS,
} from "./case.ts";
import { explained } from "./departures.ts";

/** One thing that differs, in hexadecimal digits. */
export interface Difference {
  readonly name: string;
  readonly before: string;
  readonly theirs: string;
  readonly ours: string;
}

/** Whether two processors have left the same. */
export function same(theirs: Outcome, ours: Outcome): boolean {
  return Buffer.compare(theirs.record, ours.record) === 0 &&
    Buffer.compare(theirs.storage, ours.storage) === 0;
}

/** All that differs. */
export function differences(
  one: Case,
  theirs: Outcome,
  ours: Outcome,
): Difference[] {
  const found = [...REGISTERS, ...ENDING].map((place) => ({
    name: place.name,
    before: readPlace(one.record, place),
    theirs: readPlace(theirs.record, place),
    ours: readPlace(ours.record, place),
  }));
  for (let at = 0; at < one.storage.length; at += 16) {
    const row = ({ storage }: { readonly storage: Uint8Array }) =>
      Buffer.from(storage.subarray(at, at + 16)).toString("hex");
    found.push({
      name: `storage+0x${at.toString(16)}`,
      before: row(one),
      theirs: row(theirs),
      ours: row(ours),
    });
  }
  return found.filter(({ theirs, ours }) => theirs !== ours);
}

/** Whether what differs is something for which QEMU is known to depart. */
export function isDeparture(
  one: Case,
  theirs: Outcome,
  ours: Outcome,
): boolean {
  return explained(one, differences(one, theirs, ours));
}
