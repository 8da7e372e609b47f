/**
 * Accesses of one block by way of one base register at known displacements,
 * such as those to a stack frame: the software TLB is asked once for all of
 * them.
 *
 * @module
 */
import type { Placed } from "./blocks.ts";
import type { AccessGroup } from "./based_access.ts";
import { only, REGISTER } from "./registers.ts";

/** Bytes that a group may span: more would often lie in two pages. */
const SPAN_LIMIT = 256;

/** Widest access that takes part. */
const WIDEST = 8;

/** Groups of at least two accesses, by the places in the block that they have. */
export function accessGroups(
  body: readonly Placed[],
): ReadonlyMap<number, AccessGroup> {
  const groups: AccessGroup[] = [];
  const open = new Map<number, AccessGroup>();
  body.forEach(({ effects }, at) => {
    const { access, inline, writes } = effects;
    // Behind a handler other translations may hold.
    if (!inline) return open.clear();
    if (access?.displacement !== undefined && access.bytes <= WIDEST) {
      const { register, kind, bytes, displacement } = access;
      const group = open.get(register);
      const low = Math.min(group?.low ?? displacement, displacement);
      const end = displacement + bytes;
      const high = Math.max(group?.high ?? end, end);
      if (group && high - low <= SPAN_LIMIT) {
        Object.assign(group, { low, high });
        if (kind === "write") group.kind = kind;
        group.members.push(at);
      } else {
        const next = { register, kind, low: displacement, high: end };
        groups.push({ ...next, members: [at] });
        open.set(register, groups.at(-1) as AccessGroup);
      }
    }
    for (const register of open.keys()) {
      if ((writes & only(REGISTER.gpr(register))) !== 0n) open.delete(register);
    }
  });
  return new Map(
    groups.filter(({ members }) => members.length > 1)
      .flatMap((group) => group.members.map((at) => [at, group] as const)),
  );
}
