import assert from "node:assert/strict";
import { join } from "node:path";
import {
  READY_GUESTS_VARIABLE,
  readyGuest,
  readyGuestsFolder,
} from "../../guests/cache.ts";
import { withTempFolder } from "./_temp_folder.ts";
import { XZ_OF_HELLO } from "./_xz.ts";

async function withVariable(value: string, work: () => void | Promise<void>) {
  const before = Deno.env.get(READY_GUESTS_VARIABLE);
  Deno.env.set(READY_GUESTS_VARIABLE, value);
  try {
    await work();
  } finally {
    if (before === undefined) Deno.env.delete(READY_GUESTS_VARIABLE);
    else Deno.env.set(READY_GUESTS_VARIABLE, before);
  }
}

/** Lays out a folder of ready guests with a kernel that says hello. */
async function layOut(folder: string) {
  await Deno.mkdir(join(folder, "be"));
  await Deno.writeFile(join(folder, "be", "vmlinux.xz"), XZ_OF_HELLO);
  await Deno.writeTextFile(join(folder, "be", "shell.cpio.gz"), "cpio");
}

Deno.test("readyGuestsFolder() takes the folder that the variable names", async () => {
  await withTempFolder((folder) =>
    withVariable(folder, () => assert.equal(readyGuestsFolder(), folder))
  );
});

Deno.test("readyGuestsFolder() refuses a variable that names no folder", async () => {
  await withVariable("/nonexistent/guests", () => {
    assert.throws(
      readyGuestsFolder,
      /Cannot use ready guests: JANUS_GUESTS is not a folder: "\/nonexistent\/guests"/,
    );
  });
});

Deno.test("readyGuest() unpacks the kernel", async () => {
  await withTempFolder(async (folder) => {
    await layOut(folder);
    const cacheDir = join(folder, "cache");
    await withVariable(folder, async () => {
      const guest = await readyGuest("be", { cacheDir });
      assert(guest !== null);
      assert.equal(await Deno.readTextFile(guest.kernel), "hello\n");
      assert.equal(guest.initrd, join(folder, "be", "shell.cpio.gz"));
      assert.equal(guest.append, "console=hvc0");
    });
  });
});

Deno.test("readyGuest() unpacks again only when the kernel has changed", async () => {
  await withTempFolder(async (folder) => {
    await layOut(folder);
    const cacheDir = join(folder, "cache");
    await withVariable(folder, async () => {
      const first = await readyGuest("be", { cacheDir });
      assert(first !== null);
      await Deno.writeTextFile(first.kernel, "kept");
      const second = await readyGuest("be", { cacheDir });
      assert.equal(await Deno.readTextFile(second?.kernel ?? ""), "kept");
      await Deno.utime(join(folder, "be", "vmlinux.xz"), 1, 1);
      const third = await readyGuest("be", { cacheDir });
      assert.equal(await Deno.readTextFile(third?.kernel ?? ""), "hello\n");
    });
  });
});

Deno.test("readyGuest() names the file that is missing", async () => {
  await withTempFolder(async (folder) => {
    await layOut(folder);
    const cacheDir = join(folder, "cache");
    await withVariable(folder, async () => {
      await assert.rejects(
        readyGuest("le", { cacheDir }),
        /Cannot use ready guest "le": no such file: .*le\/vmlinux\.xz$/,
      );
      await assert.rejects(
        readyGuest("be", { cacheDir, initramfs: "virtio" }),
        /no such file: .*be\/virtio\.cpio\.gz$/,
      );
    });
  });
});
