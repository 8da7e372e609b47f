// The monitor's client for a shell: deno task monitor ADDRESS METHOD [JSON]
import { parseArgs } from "node:util";
import { parseArguments } from "./arguments.ts";
import { connect, type MonitorClient } from "./client.ts";
import { describeError } from "./error_text.ts";
import { EVENT_NAMES } from "./events.ts";
import { explainMethod, listMethods } from "./help_text.ts";
import { isIndex, parseRing, showRing } from "./ring_command.ts";
import { UsageError } from "./usage_error.ts";
import type { VirtioPlace } from "./virtio_filter.ts";
import { findMethod, type MethodParams, METHODS } from "./methods/mod.ts";

/** Where the command writes. */
export interface CliOutput {
  /** Writes a line to standard output. */
  out: (line: string) => void;
  /** Writes a line to standard error. */
  err: (line: string) => void;
  /** Whether standard output shows colours. */
  color?: boolean;
}

const options = {
  events: { type: "string" },
  hcalls: { type: "string" },
  virtio: { type: "string" },
  as: { type: "string" },
  chain: { type: "string" },
  all: { type: "boolean" },
  count: { type: "string" },
  "token-file": { type: "string" },
  tls: { type: "boolean" },
  ca: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

type Values = ReturnType<typeof parse>["values"];

function parse(args: string[]) {
  return parseArgs({ args, options, allowPositionals: true });
}

/**
 * Runs the command.
 *
 * @returns Exit status: 0 answered, 1 an error was answered or the connection
 * failed, 2 wrong usage
 */
export async function runCli(
  args: string[],
  output: CliOutput,
): Promise<number> {
  try {
    const { values, positionals } = parseUsage(args);
    const [address, method, ...params] = positionals;
    if (values.help || address === undefined) {
      for (const line of help(positionals)) output.out(line);
      return values.help ? 0 : 2;
    }
    if (method === undefined && values.events === undefined) {
      throw new UsageError("Name a method or --events, see --help");
    }
    const ring = method === "ring" ? parseRing(params, values) : undefined;
    const request = ring ? undefined : parseRequest(params.join(" "));
    const filter = parseFilter(values);
    await using client = await open(address, values);
    if (ring !== undefined) await showRing(client, ring, output);
    else if (method !== undefined) {
      const result = await client.callUnchecked(method, request);
      output.out(JSON.stringify(result, null, 2));
    }
    if (filter !== undefined) await follow(client, filter, output);
    return 0;
  } catch (error) {
    for (const line of describeError(error)) output.err(line);
    return error instanceof UsageError ? 2 : 1;
  }
}

function parseUsage(args: string[]): ReturnType<typeof parse> {
  try {
    return parse(args);
  } catch (error) {
    // node:util adds a hint after the first sentence.
    const text = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${text.split(".")[0]}, see --help`);
  }
}

function parseRequest(text: string): unknown {
  try {
    return parseArguments(text);
  } catch (error) {
    throw new UsageError(describeError(error)[0]);
  }
}

interface Filter {
  params: MethodParams<"subscribe">;
  count: number;
}

function parseFilter(values: Values): Filter | undefined {
  const { events: names, hcalls, virtio, count = "Infinity" } = values;
  if (names === undefined) return undefined;
  if (count !== "Infinity" && !/^[1-9]\d{0,8}$/.test(count)) {
    throw new UsageError(`Give --count a number of events: ${count}`);
  }
  const events = names.split(",").map((name) => {
    const known = EVENT_NAMES.find((one) => one === name.toUpperCase());
    if (known !== undefined) return known;
    throw new UsageError(
      `Unknown event, use ${EVENT_NAMES.join(", ")}: ${name}`,
    );
  });
  const params = {
    events,
    ...hcalls !== undefined && { hcalls: hcalls.split(",") },
    ...virtio !== undefined && { virtio: virtio.split(",").map(parsePlace) },
  };
  return { params, count: Number(count) };
}

/** Reads `blk0`, or `blk0:1` for one of its queues. */
function parsePlace(text: string): VirtioPlace {
  const [device = "", queue, ...rest] = text.split(":");
  const well = queue === undefined || isIndex(queue);
  if (device === "" || !well || rest.length > 0) {
    throw new UsageError(`Give --virtio devices or DEVICE:QUEUE: ${text}`);
  }
  return { device, ...queue !== undefined && { queue: Number(queue) } };
}

async function open(address: string, values: Values): Promise<MonitorClient> {
  const tls = values.tls || values.ca !== undefined
    ? { ca: read(values.ca) }
    : undefined;
  const token = read(values["token-file"])?.trim();
  try {
    return await connect(address, { token, tls });
  } catch (error) {
    const [reason] = describeError(error);
    if (error instanceof SyntaxError || error instanceof RangeError) {
      throw new UsageError(reason);
    }
    throw new Error(`Cannot connect to ${address}: ${reason}`);
  }
}

function read(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    throw new UsageError(`Cannot read ${path}: ${describeError(error)[0]}`);
  }
}

async function follow(
  client: MonitorClient,
  { params, count }: Filter,
  output: CliOutput,
): Promise<void> {
  let left = count;
  for await (const event of client.events(params)) {
    output.out(JSON.stringify(event));
    if (--left === 0) return;
  }
  if (left !== Infinity) {
    throw new Error(`Monitor connection ended before ${left} more events`);
  }
}

function help(topics: string[]): string[] {
  for (const topic of topics) {
    const method = findMethod(topic);
    if (method !== undefined) return explainMethod(method);
  }
  return [
    "Usage: deno task monitor ADDRESS METHOD [JSON | NAME=VALUE ...]",
    "       deno task monitor ADDRESS ring DEVICE QUEUE [--as ORDER] [--chain N]",
    "       deno task monitor ADDRESS --events NAMES [--hcalls NAMES] [--count N]",
    "ADDRESS is unix:PATH, tcp:HOST:PORT or ws:127.0.0.1:PORT",
    "",
    ...listMethods(METHODS),
    "",
    "  ring               a virtio ring as a table; --all with all that is done,",
    "                     --as big|little in that order, --chain N its memory",
    "  --events NAMES     print events, one a line; names joined by commas",
    "  --hcalls NAMES     HCALL events of these hypercalls only",
    "  --virtio PLACES    VIRTIO_ events of these only, such as blk0,net0:1",
    "  --count N          end after so many events",
    "  --token-file FILE  show the token in FILE first",
    "  --ca FILE          speak TLS, trusting this certificate; --tls the system's",
    "  --help             this, or with METHOD its parameters",
  ];
}

function writeLine(stream: { writeSync(bytes: Uint8Array): number }) {
  const encoder = new TextEncoder();
  return (line: string) => {
    let bytes = encoder.encode(`${line}\n`);
    while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
  };
}

if (import.meta.main) {
  const status = await runCli(Deno.args, {
    out: writeLine(Deno.stdout),
    err: writeLine(Deno.stderr),
    color: Deno.stdout.isTerminal() && !Deno.noColor,
  });
  Deno.exit(status);
}
