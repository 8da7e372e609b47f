/**
 * Readers of option values. Each throws a SyntaxError whose message says what
 * to give instead.
 *
 * @module
 */
import { parseAddress } from "../monitor/address.ts";
import { messageOf } from "../emulator/exit_status.ts";
import type { ConsoleChoice } from "../emulator/config.ts";

const MEBIBYTE = 2 ** 20;
const UNITS: Readonly<Record<string, number>> = {
  M: MEBIBYTE,
  G: 1024 * MEBIBYTE,
};
const MIN_MEMORY = 256 * MEBIBYTE;
const MAX_MEMORY = 3072 * MEBIBYTE;
/** Memory comes in blocks of this size. */
const MEMORY_UNIT = 16 * MEBIBYTE;
/** setTimeout() cannot wait longer. */
const MAX_SECONDS = 2_147_483;

/** A reader that takes one of the words and nothing else. */
export function oneOf<const Word extends string>(
  ...words: Word[]
): (text: string) => Word {
  return (text) => {
    const found = words.find((word) => word === text);
    if (found !== undefined) return found;
    throw new SyntaxError(`use ${words.join(" or ")}`);
  };
}

/** Reads a text that is not empty. */
export function someText(text: string): string {
  if (text === "") throw new SyntaxError("it is empty");
  return text;
}

/** Reads a text, the empty one too. */
export function anyText(text: string): string {
  return text;
}

/** Reads the size of guest memory; gives bytes. */
export function memorySize(text: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)([MG])$/i.exec(text) ?? [];
  const bytes = Number(digits) * (UNITS[unit?.toUpperCase() ?? ""] ?? NaN);
  if (!(bytes >= MIN_MEMORY && bytes <= MAX_MEMORY)) {
    throw new SyntaxError("use a size from 256M to 3G, such as 1G");
  }
  if (bytes % MEMORY_UNIT !== 0) {
    throw new SyntaxError("use a multiple of 16M, such as 1G");
  }
  return bytes;
}

/** Reads the number of vCPUs. */
export function vcpuCount(text: string): number {
  if (!/^[1-8]$/.test(text)) throw new SyntaxError("use a number from 1 to 8");
  return Number(text);
}

/** Reads a number of seconds. */
export function seconds(text: string): number {
  const value = Number(text);
  if (!/^\d+(?:\.\d+)?$/.test(text) || value <= 0 || value > MAX_SECONDS) {
    throw new SyntaxError(
      `use a number of seconds from 0.001 to ${MAX_SECONDS}`,
    );
  }
  return value;
}

/** Reads where the console is. */
export function consoleChoice(text: string): ConsoleChoice {
  if (text === "stdio" || text === "none") return { kind: text };
  if (text.startsWith("file:") && text.length > "file:".length) {
    return { kind: "file", path: text.slice("file:".length) };
  }
  throw new SyntaxError("use stdio, file:PATH or none");
}

/** Reads the address of a monitor. */
export function monitorAddress(text: string): string {
  try {
    parseAddress(text);
    return text;
  } catch (error) {
    // The parser's own message repeats what is quoted already.
    const [reason = ""] = messageOf(error).split(`: "`);
    throw new SyntaxError(lowerFirst(reason));
  }
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
