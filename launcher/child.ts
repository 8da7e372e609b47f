import { type ChildProcess, spawn } from "node:child_process";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import type { EmulatorConfig } from "../emulator/config.ts";
import {
  EXIT_STATUS,
  ExitError,
  messageOf,
  signalStatus,
} from "../emulator/exit_status.ts";
import { LIFELINE, LINE_END } from "../emulator/lifeline.ts";
import type { Interruption } from "./interruption.ts";
import { permissionFlags } from "./permissions.ts";
import { TerminalModes } from "./terminal.ts";

/**
 * Guest code becomes WebAssembly that is entered once and then loops: V8 does
 * not replace code that is running, so it has to be optimised from the start;
 * and by the thread that makes the module, not by the one that first calls it.
 * What is small is called from many rare places: put into each of them, it
 * would take a quarter of the compiler's time.
 */
const V8_FLAGS = [
  "--no-liftoff",
  "--no-wasm-lazy-compilation",
  "--no-wasm-stack-checks",
  "--no-wasm-inlining",
];

const EMULATOR = fileURLToPath(new URL("../emulator/main.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../deno.json", import.meta.url));

/** What {@linkcode runChild} needs beside the configuration. */
export interface ChildWorld {
  /** Whose signals are passed on. */
  readonly interruption: Interruption;
  /** Told when the child has read all files. */
  readonly onLoaded: () => void;
}

/**
 * Runs the emulator to its end.
 *
 * @returns Its exit status
 * @throws {ExitError} If it cannot be started, or dies
 */
export async function runChild(
  config: EmulatorConfig,
  { interruption, onLoaded }: ChildWorld,
): Promise<number> {
  const args = [
    "run",
    "--no-prompt",
    `--v8-flags=${V8_FLAGS.join(",")}`,
    `--config=${CONFIG}`,
    ...permissionFlags(config),
    EMULATOR,
  ];
  const modes = new TerminalModes();
  const child = spawn(Deno.execPath(), args, {
    stdio: ["inherit", "inherit", "inherit", "pipe"],
  });
  try {
    const ended = end(child);
    const lifeline = child.stdio[LIFELINE] as Duplex;
    lifeline.on("error", () => {
      // The child is gone, which `ended` tells too.
    });
    lifeline.on("data", onLoaded);
    lifeline.write(JSON.stringify(config) + LINE_END);
    interruption.forwardTo((signal) => child.kill(signal));
    const { code, signal } = await ended;
    if (code !== null) return code;
    if (interruption.received !== undefined) {
      return signalStatus(interruption.received);
    }
    throw new ExitError(
      `Emulator was ended by ${signal}`,
      EXIT_STATUS.fault,
    );
  } finally {
    modes.restore();
  }
}

function end(
  child: ChildProcess,
): Promise<{ code: number | null; signal: string | null }> {
  const { promise, resolve, reject } = Promise.withResolvers<
    { code: number | null; signal: string | null }
  >();
  child.on("exit", (code, signal) => resolve({ code, signal }));
  child.on("error", (error) => {
    reject(
      new ExitError(
        `Cannot start emulator: ${messageOf(error)}`,
        EXIT_STATUS.fault,
        { cause: error },
      ),
    );
  });
  return promise;
}
