/**
 * Which terminal is typed at: the one that the kernel's command line names.
 *
 * @module
 */
import { ConsoleDevice } from "../../virtio/console/device.ts";
import type { Port } from "../../virtio/console/port.ts";
import type { AttachedDevice } from "./adapter.ts";

/**
 * The virtio console that is the guest's console: of the last `console=hvcN`,
 * since that is what Linux opens as /dev/console. Terminal 0 is the vty, and
 * gives undefined, as a number does that no terminal has; virtio consoles come
 * after it in the order of their slots.
 */
export function typedConsole(
  bootargs: string,
  devices: readonly Pick<AttachedDevice, "device" | "fn">[],
): Port | undefined {
  const named = [...bootargs.matchAll(/(?:^|\s)console=hvc(\d+)(?=[\s,]|$)/g)];
  const number = Number(named.at(-1)?.[1] ?? 0);
  const consoles = devices
    .toSorted((a, b) => a.fn.slot - b.fn.slot)
    .flatMap(({ device }) => device instanceof ConsoleDevice ? [device] : []);
  return consoles[number - 1]?.ports[0];
}
