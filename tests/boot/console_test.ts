// A virtio console as the guest's own, and ports with names beside it.
import assert from "node:assert/strict";
import { join } from "node:path";
import { MachineThread } from "../../emulator/machine_thread.ts";
import { callMachine } from "../../monitor/call.ts";
import { ConsoleWatch } from "../../emulator/console_watch.ts";
import { withTempFolder } from "../guests/_temp_folder.ts";
import { DEFAULT_CONFIGURATION } from "./configurations.ts";
import { Boot } from "./driver.ts";
import { BE, bootTest, LE, type LoadedGuest } from "./guests.ts";

/** The same guest with its shell on the first virtio console. */
const onVirtio = (files: LoadedGuest) => ({ ...files, append: "console=hvc1" });

for (const guest of [BE, LE]) {
  for (const form of ["legacy", "modern"] as const) {
    bootTest(
      `Linux ${guest.name} has its shell on a ${form} virtio console and writes to a port`,
      guest,
      (files) =>
        withTempFolder((folder) => {
          const path = join(folder, "port.txt");
          const boot = new Boot(onVirtio(files), {
            ...DEFAULT_CONFIGURATION,
            devices: [{
              kind: "console",
              form,
              ports: ["nowhere", { name: "log", host: { kind: "file", path } }],
            }],
          });
          try {
            boot.toShell();
            const port = "/sys/class/virtio-ports/vport0p2/name";
            assert.equal(boot.run(`cat ${port}`), "log");
            assert.equal(boot.run("tty"), "/dev/hvc1");
            boot.run("echo written > /dev/vport0p2");
          } finally {
            boot.machine.virtio.close();
          }
          assert.equal(Deno.readTextFileSync(path), "written\n");
        }),
    );
  }
}

/** Has a client that gets nothing fail rather than wait for ever. */
function closeLater(client: Deno.UnixConn): Disposable {
  const timer = setTimeout(() => client.close(), 60_000);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

bootTest(
  "a port leads to a Unix socket, one client after the other",
  LE,
  (files) =>
    withTempFolder(async (folder) => {
      const path = join(folder, "port.sock");
      const console = new ConsoleWatch();
      await using thread = await MachineThread.start({
        machine: {
          ...DEFAULT_CONFIGURATION,
          memoryBytes: 256 * 2 ** 20,
          vcpus: 1,
          clock: "host",
          bootargs: files.append,
          devices: [{
            kind: "console",
            ports: [{ name: "agent", host: { kind: "unix", path } }],
          }],
        },
        images: {
          kernel: files.kernel.slice().buffer,
          initrd: files.initrd!.slice().buffer as ArrayBuffer,
        },
        onConsole(bytes, written) {
          console.add(bytes);
          written();
        },
      });
      const type = (text: string) =>
        thread.type(new TextEncoder().encode(text));
      const limit = { milliseconds: 60_000 };
      await callMachine(thread, "cont");
      await console.wait("READY-MARK", limit);
      await console.wait("# ", limit);
      await type("stty cols 400; exec 3<>/dev/vport0p1\n");
      await console.wait("# ", limit);
      // A read finds the end as long as nobody is at the other end.
      await type(
        "while true; do read w <&3 && echo got $w >&3; usleep 50000; ",
      );
      await type("done &\n");
      await console.wait("# ", limit);
      for (const word of ["first", "second"]) {
        using client = await Deno.connect({ transport: "unix", path });
        using _limit = closeLater(client);
        await client.write(new TextEncoder().encode(`${word}\n`));
        const buffer = new Uint8Array(64);
        let text = "";
        while (!text.endsWith("\n")) {
          const length = await client.read(buffer);
          assert.ok(length !== null, "the guest answers");
          text += new TextDecoder().decode(buffer.subarray(0, length));
        }
        assert.equal(text, `got ${word}\n`);
      }
    }),
);
