/**
 * The mistakes of 2013, to be made again on purpose. Each breaks a
 * little-endian guest in a way of its own; `docs/endianness.md` shows them.
 *
 * @module
 */

/** A mistake's name; {@linkcode MISTAKES} says what each does. */
export type Mistake =
  | "calling-vcpu-only"
  | "no-synchronise"
  | "interrupt-msr"
  | "device-order";

/** By name: what is done wrong, and what comes of it. */
export const MISTAKES = {
  "calling-vcpu-only": {
    does: "H_SET_MODE sets the LPCR of the vCPU that calls, and no other",
    symptom: "vCPUs started later die at their first interrupt",
  },
  "no-synchronise": {
    does: "the machine changes its copy of LPCR and writes all of it back, " +
      "without reading the register first",
    symptom: "what the accelerator has set meanwhile is undone",
  },
  "interrupt-msr": {
    does: "a set of LPCR[ILE] leaves the MSR of injected interrupts as it was",
    symptom: "system calls and faults work, the first device's interrupt kills",
  },
  "device-order": {
    does: "devices take the byte order that the machine saw at power-on",
    symptom: "a little-endian guest's legacy devices misread everything",
  },
} as const satisfies Record<
  Mistake,
  { readonly does: string; readonly symptom: string }
>;
