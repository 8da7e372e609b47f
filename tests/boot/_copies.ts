// A file that a guest copies from a share to a disk and back.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { PciForm } from "../../virtio/transport_pci.ts";
import { withTempFolder } from "../guests/_temp_folder.ts";
import { DEFAULT_CONFIGURATION } from "./configurations.ts";
import { Boot } from "./driver.ts";
import type { LoadedGuest } from "./guests.ts";

const MEBIBYTE = 2 ** 20;

/** How long a guest may take for a command over so many megabytes. */
const secondsFor = (megabytes: number) => 60 + 3 * megabytes;

/** A file of bytes that do not repeat; gives its digest. */
function writeNoise(path: string, megabytes: number): string {
  const digest = createHash("md5");
  using file = Deno.openSync(path, { write: true, create: true });
  const block = new Uint32Array(MEBIBYTE / 4);
  const bytes = new Uint8Array(block.buffer);
  let state = 0x2545f491;
  for (let count = 0; count < megabytes; count++) {
    for (let at = 0; at < block.length; at++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      block[at] = state;
    }
    digest.update(bytes);
    for (let done = 0; done < bytes.length;) {
      done += file.writeSync(bytes.subarray(done));
    }
  }
  return digest.digest("hex");
}

function digestOf(path: string): string {
  const digest = createHash("md5");
  using file = Deno.openSync(path);
  const bytes = new Uint8Array(MEBIBYTE);
  for (let got = file.readSync(bytes); got; got = file.readSync(bytes)) {
    digest.update(bytes.subarray(0, got));
  }
  return digest.digest("hex");
}

/**
 * Has a guest copy a file from a share to a disk and from the disk to another
 * file of the share: all three must be alike, on the host.
 */
export function copyThere(
  guest: LoadedGuest,
  { megabytes, form }: { megabytes: number; form: PciForm },
): Promise<void> {
  return withTempFolder((folder) => {
    const share = join(folder, "share");
    Deno.mkdirSync(share);
    const image = join(folder, "disk.img");
    Deno.writeFileSync(image, new Uint8Array());
    Deno.truncateSync(image, megabytes * MEBIBYTE);
    const digest = writeNoise(join(share, "first.bin"), megabytes);
    const boot = new Boot(guest, {
      ...DEFAULT_CONFIGURATION,
      devices: [
        { kind: "p9", tag: "host0", path: share },
        { kind: "blk", path: image },
      ],
      virtio: { form },
    });
    try {
      boot.toShell();
      boot.run("stty cols 400");
      const options = "trans=virtio,version=9p2000.L,msize=1048576";
      boot.run(`mkdir -p /mnt; mount -t 9p -o ${options} host0 /mnt`);
      const seconds = secondsFor(megabytes);
      const copy = (from: string, to: string) => {
        boot.type(`dd if=${from} of=${to} bs=1M conv=fsync; echo D''ONE=$?\n`);
        boot.expect("DONE=", { seconds });
        assert.equal(boot.expect("# ").trim()[0], "0", boot.text.slice(-500));
      };
      copy("/mnt/first.bin", "/dev/vda");
      // What the guest keeps of the disk must not answer for it.
      boot.run("blockdev --flushbufs /dev/vda");
      copy("/dev/vda", "/mnt/second.bin");
      boot.run("umount /mnt");
    } finally {
      boot.machine.virtio.close();
    }
    assert.equal(digestOf(image), digest, "the disk");
    assert.equal(digestOf(join(share, "second.bin")), digest, "the copy");
  });
}
