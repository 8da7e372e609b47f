/**
 * Vector Status and Control Register (Book I 6.19).
 *
 * @module
 */
import { chapter, row } from "./row.ts";

/** VSCR is the last word of the vector; the rest reads as 0. */
export const vectorStatus = chapter(
  "Book I 6.19",
  "Vector Status and Control Register Instructions",
  [
    row("mtvscr VRB", "VX_source", [4, 1604], (m, f) => {
      m.require("VEC");
      m.setReg("VSCR", m.zeroExtend(4, m.lower(m.vr(f.VRB))));
    }),
    row("mfvscr VRT", "VX_VRT", [4, 1540], (m, f) => {
      m.require("VEC");
      m.setVr(f.VRT, m.vector(m.const(0), m.reg("VSCR")));
    }),
  ],
);
