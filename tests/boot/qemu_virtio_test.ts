// The methods that have QEMU's names, beside QEMU itself with the same guest.
import assert from "node:assert/strict";
import { join } from "node:path";
import { readyGuest } from "../../guests/cache.ts";
import { hasQemu, Qemu } from "../guests/_qemu.ts";
import { withTempFolder } from "../guests/_temp_folder.ts";
import { methodsOf } from "./_methods.ts";
import { DEFAULT_CONFIGURATION } from "./configurations.ts";
import { Boot } from "./driver.ts";
import { bootTest, CACHE, LE } from "./guests.ts";

const noQemu = await hasQemu()
  ? ""
  : " [SKIPPED, NO QEMU: qemu-system-ppc64 is not installed]";

type Call = (name: string, params: Record<string, unknown>) => Promise<unknown>;

/** A client of QEMU's monitor. */
async function qmp(path: string): Promise<Call & Disposable> {
  const socket = await Deno.connect({ transport: "unix", path });
  const reader = socket.readable
    .pipeThrough(new TextDecoderStream()).getReader();
  const writer = socket.writable.getWriter();
  let text = "";
  const line = async (): Promise<Record<string, unknown>> => {
    while (!text.includes("\n")) {
      const { value, done } = await reader.read();
      assert.ok(!done, "QEMU goes on talking");
      text += value;
    }
    const at = text.indexOf("\n");
    const message = JSON.parse(text.slice(0, at));
    text = text.slice(at + 1);
    return "event" in message ? await line() : message;
  };
  await line();
  const call: Call = async (execute, parameters) => {
    const command = JSON.stringify({ execute, arguments: parameters });
    await writer.write(new TextEncoder().encode(command));
    const answer = await line();
    assert.ok("return" in answer, JSON.stringify(answer));
    return answer.return;
  };
  await call("qmp_capabilities", {});
  return Object.assign(call, {
    [Symbol.dispose]: () => void reader.cancel().catch(() => {}),
  });
}

/** What of an answer must be alike: fields and their types, by path. */
function shapeOf(value: unknown): unknown {
  // How many flags or features there are does not matter.
  if (Array.isArray(value)) {
    return value.filter((each) => typeof each !== "string").slice(0, 1)
      .map(shapeOf);
  }
  if (typeof value !== "object" || value === null) return typeof value;
  const entries = Object.entries(value)
    // Bits that one of both has no name for.
    .filter(([name]) => !name.startsWith("unknown-"))
    .map(([name, inner]) => [name, shapeOf(inner)] as const)
    .sort(([a], [b]) => a < b ? -1 : 1);
  return Object.fromEntries(entries);
}

const nameBefore = (text: string) => text.split(":")[0]!;

bootTest(
  "x-query-virtio and its kin have the fields of QEMU with the same guest",
  { ...LE, missing: LE.missing + noQemu },
  (files) =>
    withTempFolder(async (folder) => {
      const image = join(folder, "disk.img");
      Deno.writeFileSync(image, new Uint8Array(2 ** 20));
      const path = join(folder, "qmp.sock");
      const guest = await readyGuest("le", { cacheDir: CACHE });
      await using vm = new Qemu({
        cpu: "POWER9",
        vof: true,
        args: [
          ...["-kernel", guest!.kernel, "-initrd", guest!.initrd],
          ...["-append", guest!.append],
          ...["-drive", `file=${image},if=none,format=raw,id=disk`],
          ...["-device", "virtio-blk-pci,id=blk0,drive=disk"],
          ...["-qmp", `unix:${path},server=on,wait=off`],
        ],
        timeLimitMs: 90_000,
      });
      await vm.expect("READY-MARK");
      await vm.expect("# ");
      using qemu = await qmp(path);
      const boot = new Boot(files, {
        ...DEFAULT_CONFIGURATION,
        devices: [{ kind: "blk", path: image, readonly: true }],
      }).toShell();
      const ours = methodsOf(boot) as Call;
      try {
        const device = "/machine/peripheral/blk0/virtio-backend";
        for (
          const [method, params] of [
            ["x-query-virtio", {}],
            ["x-query-virtio-status", { path: device }],
            ["x-query-virtio-queue-status", { path: device, queue: 0 }],
            ["x-query-virtio-queue-element", { path: device, queue: 0 }],
          ] as const
        ) {
          const theirs = await qemu(method, params);
          const mine = await ours(method, params);
          assert.deepEqual(shapeOf(mine), shapeOf(theirs), method);
        }
        assert.deepEqual(
          await ours("x-query-virtio", {}),
          await qemu("x-query-virtio", {}),
        );
        const status = async (call: Call) =>
          await call("x-query-virtio-status", { path: device }) as {
            status: { statuses: string[] };
            "guest-features": { transports: string[] };
            "device-endian": string;
          };
        const [mine, theirs] = [await status(ours), await status(qemu)];
        assert.deepEqual(
          mine.status.statuses.map(nameBefore).sort(),
          theirs.status.statuses.map(nameBefore).sort(),
        );
        const transports = (of: typeof mine) =>
          of["guest-features"].transports.map(nameBefore)
            // QEMU 7.2 has no name for it, and does it.
            .filter((name) => name !== "VIRTIO_F_RING_RESET").sort();
        assert.deepEqual(
          transports(mine).filter((name) => transports(theirs).includes(name)),
          transports(theirs),
        );
        assert.equal(mine["device-endian"], theirs["device-endian"]);
      } finally {
        boot.machine.virtio.close();
      }
    }),
);
