import { parseArguments } from "./arguments.ts";
import type { MonitorBackend } from "./backend.ts";
import { callMachine } from "./call.ts";
import { describeError } from "./error_text.ts";
import { explainMethod, listMethods } from "./help_text.ts";
import { findMethod, METHODS } from "./methods/mod.ts";
import { describeResult } from "./result_text.ts";

/**
 * The small prompt that the console shows: a line in, lines out, through the
 * same table as every other client.
 *
 * A line is the name of a method, `-` and `_` being alike, and its parameters
 * as JSON or as NAME=VALUE words; or `help`, or `help METHOD`.
 */
export class MonitorPrompt {
  readonly #backend: MonitorBackend;

  /** Makes a prompt for a machine. */
  constructor(backend: MonitorBackend) {
    this.#backend = backend;
  }

  /** Carries out a line; never throws. */
  async run(line: string): Promise<string[]> {
    const [, word = "", rest = ""] = /^\s*(\S*)\s*(.*)$/s.exec(line) ?? [];
    if (word === "") return [];
    if (word === "help" || word === "?") return help(rest.trim());
    const name = toName(word);
    if (name === undefined) return [`Unknown command, try help: ${word}`];
    try {
      const params = parseArguments(rest);
      return describeResult(
        await callMachine(this.#backend, name, { params }),
      );
    } catch (error) {
      return describeError(error);
    }
  }

  /** The names that begin with what is typed, for completion. */
  complete(start: string): string[] {
    return ["help", ...names()].filter((name) => name.startsWith(start));
  }
}

function names(): string[] {
  return METHODS.filter(({ home }) => home === "machine").map(({ name }) =>
    name
  );
}

function toName(word: string): string | undefined {
  const key = word.replaceAll("_", "-");
  return names().find((name) => name.replaceAll("_", "-") === key);
}

function help(topic: string): string[] {
  if (topic === "") {
    return [
      ...listMethods(METHODS.filter(({ home }) => home === "machine")),
      "Parameters are JSON or NAME=VALUE words; help METHOD tells them",
    ];
  }
  const method = findMethod(toName(topic) ?? "");
  return method === undefined
    ? [`Unknown command, try help: ${topic}`]
    : explainMethod(method);
}
