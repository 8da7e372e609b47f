import { parseArgs } from "node:util";
import { ExitError, messageOf } from "../emulator/exit_status.ts";
import type { Option } from "./option.ts";
import { type OptionName, OPTIONS, type Values } from "./options.ts";

const SEE_HELP = "see --help";

/**
 * Reads a command line by the table of options.
 *
 * @throws {ExitError} On wrong usage
 */
export function parseCommandLine(args: readonly string[]): Values {
  const values: Record<string, unknown> = {};
  for (const token of tokenize(args)) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") {
      throw ExitError.usage(
        `Cannot understand "${token.value}": ${positionalHint(token.value)}`,
      );
    }
    const { name, rawName } = token;
    if (!isOption(name)) {
      throw ExitError.usage(`Cannot understand ${rawName}: ${SEE_HELP}`);
    }
    const option: Option = OPTIONS[name];
    const value = readValue(option, token);
    if (option.kind === "repeatable") {
      values[name] = [...(values[name] as unknown[] ?? []), value];
    } else if (option.kind === "single" && name in values) {
      throw ExitError.usage(`Cannot use ${rawName} twice: give it once`);
    } else {
      values[name] = value;
    }
  }
  return values as Values;
}

interface OptionToken {
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function tokenize(args: readonly string[]) {
  // npm's habit of a first "--", which deno task hands on.
  const own = args[0] === "--" ? args.slice(1) : [...args];
  const options = Object.fromEntries(
    Object.entries(OPTIONS).map(([name, { kind }]) =>
      [name, { type: kind === "switch" ? "boolean" : "string" }] as const
    ),
  );
  // Not strict: what is wrong is said below, in one sentence.
  return parseArgs({
    args: own,
    options: { ...options, help: { type: "boolean", short: "h" } },
    strict: false,
    tokens: true,
  }).tokens;
}

function isOption(name: string): name is OptionName {
  return Object.hasOwn(OPTIONS, name);
}

function positionalHint(text: string): string {
  return text.startsWith("-") ? SEE_HELP : `use --kernel ${text} to boot it`;
}

function readValue(
  option: Option,
  { rawName, value, inlineValue }: OptionToken,
): unknown {
  const { kind, placeholder, read } = option;
  if (kind === "switch") {
    if (value === undefined) return read("");
    throw ExitError.usage(`Cannot use ${rawName}=${value}: it takes no value`);
  }
  // A forgotten value must not swallow the next option.
  if (value === undefined || (!inlineValue && /^-./.test(value))) {
    throw ExitError.usage(
      `Cannot use ${rawName} without a value: give it as ${rawName}=${placeholder}`,
    );
  }
  try {
    return read(value);
  } catch (error) {
    const shown = value === "" ? `${rawName}=` : `${rawName} ${value}`;
    throw ExitError.usage(`Cannot use ${shown}: ${messageOf(error)}`);
  }
}
