/**
 * Guests with a network card, and servers on the host's loopback.
 *
 * @module
 */
import {
  createMachine,
  type JanusMachine,
  type NetOptions,
} from "../../mod.ts";
import type { CreateMachineOptions } from "../../emulator/create_machine.ts";
import type { LoadedGuest } from "./guests.ts";

/** A guest at its shell, its card set up by hand. */
export class NetworkGuest implements AsyncDisposable {
  readonly machine: JanusMachine;

  private constructor(machine: JanusMachine) {
    this.machine = machine;
  }

  /** Boots to the shell; 1 GiB of memory, half of which files may take. */
  static async boot(
    guest: LoadedGuest,
    { net, ...options }: Partial<CreateMachineOptions> & {
      net?: Partial<NetOptions>;
    },
  ): Promise<NetworkGuest> {
    const machine = await createMachine({
      ...guest,
      memoryBytes: 2 ** 30,
      devices: [{ kind: "net", backend: "user", ...net }],
      ...options,
    });
    const booted = new NetworkGuest(machine);
    await machine.waitForConsole("READY-MARK", { timeout: 120_000 });
    await machine.waitForConsole("# ");
    await booted.run(
      "ifconfig lo up; ifconfig eth0 10.0.2.15 up; route add default gw 10.0.2.2",
    );
    return booted;
  }

  /** What a command prints. */
  async run(command: string, { timeout = 120_000 } = {}): Promise<string> {
    // Set apart from its echo by the quotes that the shell takes away.
    await this.machine.type(`echo BEG''IN; ${command}; echo E''ND\n`);
    await this.machine.waitForConsole("BEGIN", { timeout });
    const output = await this.machine.waitForConsole("END", { timeout });
    await this.machine.waitForConsole("# ", { timeout });
    return output.replaceAll("\r", "").replace(/END$/, "").trim();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.machine.close();
  }
}

/**
 * Bytes in no order, the same each time; none is 0, since busybox's wget takes
 * a file that it posts for a text.
 */
export function fileOf(length: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(length / 4);
  let state = 1;
  for (let at = 0; at < words.length; at++) {
    state = Math.imul(state, 1664525) + 1013904223 | 0;
    words[at] = state ^ state >>> 15 | 0x01010101;
  }
  return new Uint8Array(words.buffer);
}

/** Whether bytes are the same, without a comparison's diff of millions. */
export function same(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.from(a).equals(b);
}

/** All that comes until the other side ends its direction. */
export async function readAll(connection: Deno.Conn): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (;;) {
    const buffer = new Uint8Array(65536);
    const length = await connection.read(buffer);
    if (length === null) return Buffer.concat(parts);
    parts.push(buffer.subarray(0, length));
  }
}
