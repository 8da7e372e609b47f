import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { runTool, ToolMissingError } from "../../guests/command.ts";
import {
  buildDiskImage,
  checkDisk,
  checkDiskTools,
  copyDisk,
} from "../../guests/disk_image.ts";
import { withTempFolder } from "./_temp_folder.ts";

const MEBIBYTE = 2 ** 20;
const EPOCH = 1_700_000_000;

const noTools = await checkDiskTools().then(() => "", (error) => {
  if (!(error instanceof ToolMissingError)) throw error;
  return ` (SKIPPED: ${error.program} is not installed)`;
});

async function putContent(folder: string) {
  const content = join(folder, "content");
  await Deno.mkdir(join(content, "bin"), { recursive: true });
  await Deno.writeTextFile(join(content, "bin", "tool"), "text\n");
  await Deno.chmod(join(content, "bin", "tool"), 0o4755);
  await Deno.symlink("tool", join(content, "bin", "link"));
  await Deno.link(join(content, "bin", "tool"), join(content, "bin", "same"));
  return content;
}

async function build(folder: string, name: string, bytes = 8 * MEBIBYTE) {
  const work = join(folder, `work-${name}`);
  await Deno.mkdir(work);
  const image = join(folder, name);
  await buildDiskImage({
    content: join(folder, "content"),
    image,
    work,
    bytes,
    label: "test",
    epoch: EPOCH,
  });
  return image;
}

function debugfs(image: string, request: string): Promise<string> {
  return runTool(["debugfs", "-R", request, image], {
    purpose: "look into an image",
    debianPackage: "e2fsprogs",
  }).then(({ stdout }) => new TextDecoder().decode(stdout));
}

Deno.test(
  `buildDiskImage() makes files root's, with modes and links as they are${noTools}`,
  {
    ignore: noTools !== "",
  },
  async () => {
    await withTempFolder(async (folder) => {
      await putContent(folder);
      await Deno.chown(join(folder, "content", "bin"), 1234, 1234).catch(() => {
        // Only root can give files away; others' own files do as well.
      });
      const image = await build(folder, "disk.img");
      assert.equal((await Deno.stat(image)).size, 8 * MEBIBYTE);
      assert.equal(await checkDisk(image), undefined);
      const tool = await debugfs(image, "stat /bin/tool");
      assert.match(tool, /Type: regular +Mode: +04755/);
      assert.match(tool, /User: +0 +Group: +0/);
      assert.match(tool, /Links: 2/);
      for (const time of ["ctime", "atime", "mtime", "crtime"]) {
        assert.match(
          tool,
          new RegExp(`^ *${time}: 0x${EPOCH.toString(16)}`, "m"),
        );
      }
      assert.match(
        await debugfs(image, "stat /bin/link"),
        /Type: symlink[^]*Fast link dest: "tool"/,
      );
      assert.match(await debugfs(image, "stat /bin"), /User: +0 +Group: +0/);
    });
  },
);

Deno.test(`buildDiskImage() makes the same image twice${noTools}`, {
  ignore: noTools !== "",
}, async () => {
  await withTempFolder(async (folder) => {
    await putContent(folder);
    const first = await Deno.readFile(await build(folder, "first.img"));
    await Deno.utime(join(folder, "content", "bin", "tool"), 1, 1);
    const second = await Deno.readFile(await build(folder, "second.img"));
    assert.ok(Buffer.from(first).equals(second));
  });
});

Deno.test(`buildDiskImage() says when the folder does not fit${noTools}`, {
  ignore: noTools !== "",
}, async () => {
  await withTempFolder(async (folder) => {
    const content = await putContent(folder);
    const much = crypto.getRandomValues(new Uint8Array(65536));
    for (let i = 0; i < 60; i++) {
      await Deno.writeFile(join(content, `part${i}`), much);
    }
    await assert.rejects(build(folder, "small.img", 3 * MEBIBYTE), {
      name: "ToolFailedError",
      message: /^Cannot build a disk image: mke2fs ended with status 1/,
    });
  });
});

Deno.test(`checkDisk() says what is wrong with a disk${noTools}`, {
  ignore: noTools !== "",
}, async () => {
  await withTempFolder(async (folder) => {
    await putContent(folder);
    const image = await build(folder, "disk.img");
    await runTool(
      ["debugfs", "-w", "-R", "set_inode_field /bin links_count 9", image],
      { purpose: "break an image", debianPackage: "e2fsprogs" },
    );
    assert.match(await checkDisk(image) ?? "", /ref count is 9, should be 2/);
  });
});

Deno.test("copyDisk() copies every byte and leaves holes where nothing is", async () => {
  await withTempFolder(async (folder) => {
    const source = join(folder, "source");
    const copy = join(folder, "copy");
    const size = 64 * MEBIBYTE + 123;
    using file = await Deno.create(source);
    await file.truncate(size);
    for (const offset of [0, 5 * MEBIBYTE - 1, 40 * MEBIBYTE, size - 1]) {
      await file.seek(offset, Deno.SeekMode.Start);
      await file.write(new Uint8Array([1]));
    }
    await copyDisk(source, copy);
    const [bytes, copied] = await Promise.all(
      [source, copy].map((path) => Deno.readFile(path)),
    );
    assert.equal(copied?.length, size);
    assert.ok(Buffer.from(bytes!).equals(copied!));
    const { blocks } = await Deno.stat(copy);
    assert.ok((blocks ?? 0) * 512 < 16 * MEBIBYTE, `${blocks} blocks`);
  });
});

Deno.test("copyDisk() gives up when told", async () => {
  await withTempFolder(async (folder) => {
    const source = join(folder, "source");
    await Deno.writeFile(source, new Uint8Array(10));
    await assert.rejects(
      copyDisk(source, join(folder, "copy"), AbortSignal.abort()),
      { name: "AbortError" },
    );
  });
});
