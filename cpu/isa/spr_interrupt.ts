/**
 * Special purpose registers of interrupts, facilities and debugging
 * (Book III 7.2, 9).
 *
 * @module
 */
import { PENDING } from "../interrupts.ts";
import type { Ops, Value } from "./ops.ts";
import { PRIVILEGED_MESSAGE } from "./system_message.ts";
import {
  HYPERVISOR,
  HYPERVISOR_WRITES,
  PRIVILEGED,
  type Spr,
  spr,
  type SprStorage,
  stored,
  storedBits,
} from "./spr_row.ts";

/** Writing HMER only clears bits (Book III 7.2.9). */
const maintenance: SprStorage = {
  register: "HMER",
  get: (m) => m.reg("HMER"),
  set: (m, value) => m.setReg("HMER", m.and(m.reg("HMER"), value)),
};

/** FSCR: the cause, and the facilities DSCR, EBB and TAR. */
const FSCR_2_07 = 0xffn << 56n | 1n << 8n | 1n << 7n | 1n << 2n;
/** … and scv. */
const FSCR_3_0 = FSCR_2_07 | 1n << 12n;

/** The doorbell type in RB 32:36 of a message. */
const DOORBELL_TYPE = 5n << 27n;

function ownDoorbell(m: Ops): Value {
  return m.shl(m.const(1), m.reg("TIR"));
}

/**
 * Doorbells that wait, one bit a thread of the core. Each thread shows its
 * own; it rings itself by a message.
 */
const doorbells: SprStorage = {
  get(m) {
    const pending = m.and(m.reg("PENDING"), m.const(PENDING.doorbell));
    return m.select(m.nonZero(pending), ownDoorbell(m), m.const(0));
  },
  set(m, value) {
    m.if(
      m.nonZero(m.and(value, ownDoorbell(m))),
      () => {
        const message = m.or(m.const(DOORBELL_TYPE), m.reg("TIR"));
        m.exit("message", m.or(message, m.const(PRIVILEGED_MESSAGE)));
      },
      () => m.clearPending(m.const(PENDING.doorbell)),
    );
  },
};

/** Save/restore, address and status registers, facility control, debugging. */
export const INTERRUPT_SPRS: readonly Spr[] = [
  spr(18, "DSISR", "Book III 7.2.5", PRIVILEGED, stored("DSISR")),
  spr(19, "DAR", "Book III 7.2.3", PRIVILEGED, stored("DAR")),
  spr(26, "SRR0", "Book III 7.2.1", PRIVILEGED, stored("SRR0")),
  spr(27, "SRR1", "Book III 7.2.1", PRIVILEGED, stored("SRR1")),
  spr(
    153,
    "FSCR",
    "Book III 7.2.12",
    PRIVILEGED,
    storedBits("FSCR", FSCR_2_07),
    { until: "2.07" },
  ),
  spr(
    153,
    "FSCR",
    "Book III 7.2.12",
    PRIVILEGED,
    storedBits("FSCR", FSCR_3_0),
    { since: "3.0" },
  ),
  spr(176, "DPDES", "Book III 11.2.1", HYPERVISOR_WRITES, doorbells),
  spr(177, "DHDES", "Book III 11.2", HYPERVISOR, stored("DHDES"), {
    until: "2.07",
  }),
  spr(180, "DAWR0", "Book III 9.4", HYPERVISOR, stored("DAWR0")),
  spr(187, "CIABR", "Book III 9.3", HYPERVISOR, stored("CIABR")),
  spr(188, "DAWRX0", "Book III 9.4", HYPERVISOR, stored("DAWRX0")),
  spr(190, "HFSCR", "Book III 7.2.13", HYPERVISOR, stored("HFSCR")),
  spr(306, "HDSISR", "Book III 7.2.6", HYPERVISOR, stored("HDSISR")),
  spr(307, "HDAR", "Book III 7.2.4", HYPERVISOR, stored("HDAR")),
  spr(314, "HSRR0", "Book III 7.2.2", HYPERVISOR, stored("HSRR0")),
  spr(315, "HSRR1", "Book III 7.2.2", HYPERVISOR, stored("HSRR1")),
  spr(336, "HMER", "Book III 7.2.9", HYPERVISOR, maintenance),
  spr(337, "HMEER", "Book III 7.2.10", HYPERVISOR, stored("HMEER")),
  spr(339, "HEIR", "Book III 7.2.8", HYPERVISOR, stored("HEIR")),
  spr(816, "ASDR", "Book III 7.2.7", HYPERVISOR, stored("ASDR"), {
    since: "3.0",
  }),
];
