/**
 * Runs the host's tools (apt-get, xz, make) and turns what can go wrong into one sentence.
 *
 * @module
 */

/** Options of {@linkcode runTool}. */
export interface RunToolOptions {
  /** What is being done, as in "read the package lists"; starts the error message. */
  purpose: string;
  /** Package of Debian that has the program, for the error message. */
  debianPackage: string;
  /** Working folder. */
  cwd?: string;
  /** Variables added to the environment. `LC_ALL=C` is always set, since output is parsed. */
  env?: Record<string, string>;
  /** Ends the program early. */
  signal?: AbortSignal;
  /** Called with each line of both outputs as it comes; then only their ends are kept. */
  onLine?: (line: string) => void;
}

/** What a tool printed. */
export interface ToolOutput {
  /** Standard output, as bytes. */
  stdout: Uint8Array<ArrayBuffer>;
  /** Standard error, as text. */
  stderr: string;
}

/** The host's tool is missing: it cannot be run at all. */
export class ToolMissingError extends Error {
  /** Name of the class. */
  override name = "ToolMissingError" as const;
  /** The program that is missing. */
  readonly program: string;

  /**
   * Makes the error.
   *
   * @param message The whole sentence.
   * @param program The program that is missing.
   */
  constructor(message: string, program: string) {
    super(message);
    this.program = program;
  }
}

/** The host's tool ran and failed. */
export class ToolFailedError extends Error {
  /** Name of the class. */
  override name = "ToolFailedError" as const;
  /** Exit status of the program. */
  readonly status: number;

  /**
   * Makes the error.
   *
   * @param message The whole sentence.
   * @param status Exit status of the program.
   */
  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

const TEXT_KEPT = 64 * 1024;

/**
 * Runs a program of the host to its end, with nothing on its input.
 *
 * @param command The program and its arguments.
 * @param options What for, where, and who listens.
 * @returns What it printed.
 * @throws {ToolMissingError} If the program is not installed.
 * @throws {ToolFailedError} If it ended with another status than 0.
 */
export async function runTool(
  command: readonly [program: string, ...args: string[]],
  options: RunToolOptions,
): Promise<ToolOutput> {
  const [program, ...args] = command;
  options.signal?.throwIfAborted();
  const child = spawn(program, args, options);
  const [stdout, stderr, status] = await Promise.all([
    collect(child.stdout, options.onLine),
    collectText(child.stderr, options.onLine),
    child.status,
  ]);
  options.signal?.throwIfAborted();
  if (!status.success) {
    throw new ToolFailedError(
      `Cannot ${options.purpose}: ${program} ended with status ${status.code}` +
        reasonIn(stderr),
      status.code,
    );
  }
  return { stdout, stderr };
}

function spawn(program: string, args: string[], options: RunToolOptions) {
  const { cwd, env, signal } = options;
  try {
    return new Deno.Command(program, {
      args,
      env: { LC_ALL: "C", ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      ...(cwd === undefined ? {} : { cwd }),
      ...(signal === undefined ? {} : { signal }),
    }).spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new ToolMissingError(
      `Cannot ${options.purpose}: ${program} is not installed ` +
        `(Debian package ${options.debianPackage})`,
      program,
    );
  }
}

async function collect(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  onLine?: (line: string) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  if (onLine !== undefined) {
    const text = await collectText(stream, onLine);
    return new TextEncoder().encode(text);
  }
  return await new Response(stream).bytes();
}

async function collectText(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  onLine?: (line: string) => void,
): Promise<string> {
  let kept = "";
  let line = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    // A build prints megabytes, of which only the end can explain a failure.
    kept = (kept + text).slice(-TEXT_KEPT);
    const lines = (line + text).split("\n");
    line = lines.pop() ?? "";
    for (const whole of lines) onLine?.(whole);
  }
  if (line !== "") onLine?.(line);
  return kept;
}

/** The line of a program's error output that most likely says why it failed. */
function reasonIn(stderr: string): string {
  const lines = stderr.split("\n").map((line) => line.trim()).filter(Boolean);
  const reason = lines.find((line) => /^E: |\berror\b|\*\*\*/i.test(line)) ??
    lines.at(-1);
  return reason === undefined ? "" : `: ${reason}`;
}
