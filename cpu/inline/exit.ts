/**
 * Why a vCPU left its engine, as plain data.
 *
 * @module
 */
import type { Exit } from "../accelerator.ts";
import type { ExitReason } from "../exits.ts";
import type { Registers } from "../registers.ts";

/** The exit that the register block describes. */
export function exitOf(registers: Registers, reason: ExitReason): Exit {
  switch (reason) {
    case "mmioLoad":
    case "mmioStore":
      return {
        reason: "mmio",
        address: registers.get("EXIT_VALUE", 0),
        value: registers.get("EXIT_VALUE", 1),
        bytes: registers.low("EXIT_VALUE", 2),
        store: reason === "mmioStore",
      };
    case "message":
      return { reason, value: registers.get("EXIT_VALUE", 0) };
    case "hypercall":
    case "attn":
    case "kick":
      return { reason };
    case "checkstop":
      return {
        reason,
        message: `machine check at 0x${
          registers.get("NIA").toString(16)
        } while MSR[ME] = 0`,
      };
    case "wait":
    case "stop":
      return { reason: "halt" };
    default:
      return { reason: "budget" };
  }
}
