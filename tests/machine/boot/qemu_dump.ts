import type { DeviceTreeNode } from "../../../machine/device_tree/node.ts";
import { parseDeviceTree } from "../../../machine/device_tree/parse.ts";
import { type QemuOptions, startQemu, stop } from "./qemu.ts";

/** What is booted to have a tree negotiated. */
export interface DumpOptions extends Omit<QemuOptions, "args"> {
  readonly kernel: Uint8Array;
  readonly bootargs: string;
}

/** The tree that QEMU gives a Linux kernel, as it stands after negotiation. */
export async function dumpQemuTree(
  options: DumpOptions,
): Promise<DeviceTreeNode> {
  const directory = Deno.makeTempDirSync();
  try {
    Deno.writeFileSync(`${directory}/kernel`, options.kernel);
    Deno.writeTextFileSync(`${directory}/initrd`, "x".repeat(5000));
    const process = startQemu({
      ...options,
      machine: ["x-vof=on"],
      args: [
        ...["-qmp", "stdio", "-serial", `file:${directory}/console`],
        ...["-kernel", `${directory}/kernel`],
        ...["-initrd", `${directory}/initrd`],
        ...["-append", options.bootargs],
      ],
    });
    const timer = setTimeout(() => process.kill(), 60_000);
    try {
      // Said when Linux has finished with Open Firmware.
      await waitForText(`${directory}/console`, "] Linux version");
      await dump(process, `${directory}/tree`);
    } finally {
      clearTimeout(timer);
      await stop(process);
    }
    return parseDeviceTree(Deno.readFileSync(`${directory}/tree`)).root;
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

/** Has the tree written to a file, by QMP on standard input and output. */
async function dump(process: Deno.ChildProcess, path: string): Promise<void> {
  const commands = [
    { execute: "qmp_capabilities" },
    { execute: "dumpdtb", arguments: { filename: path }, id: "dumped" },
  ];
  const writer = process.stdin.getWriter();
  for (const command of commands) {
    await writer.write(new TextEncoder().encode(JSON.stringify(command)));
  }
  writer.releaseLock();
  const decoder = new TextDecoder();
  let answers = "";
  for await (const chunk of process.stdout) {
    answers += decoder.decode(chunk, { stream: true });
    if (answers.includes('"dumped"')) return;
  }
  throw new Error(`QEMU has ended: ${answers}`);
}

async function waitForText(path: string, text: string): Promise<void> {
  for (let waited = 0; waited < 1000; waited++) {
    try {
      if (Deno.readTextFileSync(path).includes(text)) return;
    } catch {
      // The file is not there yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`The console never said: ${text}`);
}
