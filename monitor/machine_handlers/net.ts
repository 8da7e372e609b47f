/**
 * Network cards, as the monitor shows them.
 *
 * @module
 */
import type { Machine } from "../../machine/machine.ts";
import { NetDevice } from "../../virtio/net/device.ts";
import type { MethodHandlers } from "../handlers.ts";

/** The methods about networks. */
export type NetHandlers = Pick<MethodHandlers, "query-net">;

/** Handlers of networks. */
export function netHandlers({ virtio }: Machine): NetHandlers {
  return {
    "query-net": () =>
      virtio.all.flatMap(({ name, device }) => {
        if (!(device instanceof NetDevice)) return [];
        const { drops, forwards, ...report } = device.backend.report();
        return [{
          device: name,
          mac: Array.from(
            device.mac,
            (byte) => byte.toString(16).padStart(2, "0"),
          ).join(":"),
          link: device.linkUp,
          ...report,
          forwards: forwards.map((forward) => ({ ...forward })),
          drops: { card: device.drops, network: drops },
        }];
      }),
  };
}
