/** The peer's program. */
export const QEMU = "qemu-system-ppc64";

/** What QEMU asks for on this host, so that it starts without warnings. */
const MACHINE = [
  "pseries",
  "cap-cfpc=broken",
  "cap-sbbc=broken",
  "cap-ibs=broken",
  "cap-ccf-assist=off",
  "cap-hpt-max-page-size=16m",
];

/** How to start QEMU. */
export interface QemuOptions {
  readonly cpu: "power8" | "power9";
  readonly interruptController: "xics" | "xive";
  readonly memoryBytes: number;
  readonly vcpus?: number;
  /** Further properties of the machine. */
  readonly machine?: readonly string[];
  /** Further arguments. */
  readonly args: readonly string[];
}

/** Starts QEMU with its standard input and output piped. */
export function startQemu(options: QemuOptions): Deno.ChildProcess {
  const { cpu, interruptController, memoryBytes, vcpus = 1 } = options;
  const machine = [
    ...MACHINE,
    `ic-mode=${interruptController}`,
    ...(options.machine ?? []),
  ];
  return new Deno.Command(QEMU, {
    args: [
      ...["-nodefaults", "-nographic", "-monitor", "none"],
      ...["-M", machine.join(",")],
      ...["-cpu", cpu.toUpperCase()],
      ...["-m", `${memoryBytes / 0x10_0000}M`],
      ...["-smp", String(vcpus)],
      ...options.args,
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
}

/**
 * Reads a process's output up to a text, and then kills the process.
 *
 * @returns What was read; without the text, if the time was up before it came.
 */
export async function readUntil(
  process: Deno.ChildProcess,
  { text, seconds }: { text: string; seconds: number },
): Promise<string> {
  const timer = setTimeout(() => process.kill(), seconds * 1000);
  const decoder = new TextDecoder();
  let output = "";
  for await (const chunk of process.stdout) {
    output += decoder.decode(chunk, { stream: true });
    if (output.includes(text)) break;
  }
  clearTimeout(timer);
  await stop(process);
  return output;
}

/** Kills a process and waits for its end. */
export async function stop(process: Deno.ChildProcess): Promise<void> {
  try {
    process.kill("SIGKILL");
  } catch {
    // It has ended already.
  }
  await process.stdin.close().catch(() => {});
  await process.status;
}
