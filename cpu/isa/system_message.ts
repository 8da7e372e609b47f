/**
 * Doorbells between threads (Book III 11).
 *
 * @module
 */
import { PENDING } from "../interrupts.ts";
import type { Ops, Value } from "./ops.ts";
import { type Chapter, chapter, row } from "./row.ts";

/**
 * What the exit "message" carries: the low word of RB, and above it a 1 where
 * the doorbell is a privileged one (msgsndp), 0 for the hypervisor's (msgsnd).
 */
export const PRIVILEGED_MESSAGE = 1n << 32n;

/** RB 32:36, the type of a message: 5 for both kinds of doorbell. */
const DOORBELL = 5;

/** Asks the machine to deliver a doorbell; other types of message do nothing. */
function send(m: Ops, rb: Value, kind: "hypervisor" | "privileged"): void {
  const message = m.zeroExtend(4, rb);
  m.if(m.eq(m.shr(message, 27), m.const(DOORBELL)), () => {
    const flag = kind === "privileged" ? PRIVILEGED_MESSAGE : 0n;
    m.exit("message", m.or(message, m.const(flag)));
  });
}

/** Withdraws a doorbell that this thread has not taken yet. */
function withdraw(m: Ops, rb: Value, pending: number): void {
  const message = m.zeroExtend(4, rb);
  m.if(
    m.eq(m.shr(message, 27), m.const(DOORBELL)),
    () => m.clearPending(m.const(pending)),
  );
}

/** msgsnd, msgclr and their privileged forms. */
export const processorControl: Chapter = chapter(
  "Book III 11",
  "Processor Control Instructions",
  [
    row("msgsnd RB", "X_RB", [31, 206], (m, f) => {
      m.hypervisor();
      send(m, m.gpr(f.RB), "hypervisor");
    }),
    row("msgclr RB", "X_RB", [31, 238], (m, f) => {
      m.hypervisor();
      withdraw(m, m.gpr(f.RB), PENDING.hypervisorDoorbell);
    }),
    row("msgsndp RB", "X_RB", [31, 142], (m, f) => {
      m.privileged();
      m.requireFacility("MSGP");
      send(m, m.gpr(f.RB), "privileged");
    }),
    row("msgclrp RB", "X_RB", [31, 174], (m, f) => {
      m.privileged();
      m.requireFacility("MSGP");
      withdraw(m, m.gpr(f.RB), PENDING.doorbell);
    }),
    row("msgsync", "X_none", [31, 886], (m) => {
      m.hypervisor();
      m.barrier("sync");
    }, { since: "3.0" }),
  ],
);
