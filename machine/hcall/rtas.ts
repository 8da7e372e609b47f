/**
 * The private hypercall by which the RTAS blob in guest memory reaches the
 * machine.
 *
 * @module
 */
import { hypercall } from "./table.ts";

/** The call. */
export const rtasCalls = [
  hypercall("H_RTAS", 0xf000, "arguments", {
    handle(call) {
      return call.world.rtas.dispatch(call.vcpu, call.number(1));
    },
  }),
];
