/**
 * Who handles H_SET_MODE, and so owns LPCR: the question of 2013. See
 * `docs/endianness.md`.
 *
 * @module
 */

/**
 * - `machine`: the machine handles the call, and writes every vCPU's LPCR;
 * - `accelerator-poll`: the accelerator does, and the machine reads LPCR
 *   whenever it must know;
 * - `accelerator-propagate`: the accelerator does, and tells the machine.
 */
export type LpcrOwner =
  | "machine"
  | "accelerator-poll"
  | "accelerator-propagate";

/** The three answers. */
export const LPCR_OWNERS = {
  machine: {
    handles: "machine",
    knows: "it wrote the register itself",
  },
  "accelerator-poll": {
    handles: "accelerator",
    knows: "it reads the register whenever a device is reset",
  },
  "accelerator-propagate": {
    handles: "accelerator",
    knows: "the accelerator tells it of the call",
  },
} as const satisfies Record<LpcrOwner, {
  /** Who carries H_SET_MODE out. */
  readonly handles: "machine" | "accelerator";
  /** How the machine comes to know LPCR[ILE]. */
  readonly knows: string;
}>;
