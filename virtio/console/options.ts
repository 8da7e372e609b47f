/**
 * What a console is made of.
 *
 * @module
 */
import type { PortBackend } from "./port.ts";

/** A port that has a name in the guest. */
export interface NamedPort {
  /** 1 to 64 bytes of UTF-8; in Linux, /dev/virtio-ports/NAME. */
  readonly name: string;
  readonly backend: PortBackend;
  /** Whether somebody is at the host's end already. Default true. */
  readonly open?: boolean;
}

/** Most ports with names: each has two queues, and vectors for them. */
export const MAX_NAMED_PORTS = 31;

const MAX_NAME_BYTES = 64;

/** What a console is made of. */
export interface ConsoleOptions {
  /** Port 0, the console. Absent: the guest's output there is lost. */
  readonly console?: PortBackend;
  /** Ports from 1 on. At most 31. */
  readonly ports?: readonly NamedPort[];
  /** Runs work on the machine's thread, soon: `VirtioWorld.defer`. */
  readonly defer: (work: () => void) => void;
}

/** Throws RangeError for ports that cannot be. */
export function checkPorts(ports: readonly NamedPort[]): void {
  if (ports.length > MAX_NAMED_PORTS) {
    throw new RangeError(
      `Cannot make a console: over ${MAX_NAMED_PORTS} ports: ${ports.length}`,
    );
  }
  const names = new Set<string>();
  for (const { name } of ports) {
    const bytes = new TextEncoder().encode(name).length;
    // deno-lint-ignore no-control-regex -- that is what a name must not have
    const wrong = /[\0-\x1f\x7f/]/.test(name);
    if (wrong || bytes === 0 || bytes > MAX_NAME_BYTES || names.has(name)) {
      throw new RangeError(
        `Cannot make a console: not the name of one port: ${name}`,
      );
    }
    names.add(name);
  }
}
