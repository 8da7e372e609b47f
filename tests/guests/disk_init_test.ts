import assert from "node:assert/strict";
import { gunzip } from "../../guests/compression.ts";
import {
  buildDiskInitramfs,
  buildProgramArchive,
  DISK_INIT,
  INITRAMFS_INIT,
  PROGRAM_FOLDER,
} from "../../guests/disk_init.ts";
import { parseNewc } from "./_newc.ts";

const bytes = (...values: number[]) => new Uint8Array(values);

Deno.test("buildDiskInitramfs() packs modules so that their names keep the order", async () => {
  const modules = Array.from({ length: 12 }, (_, i) => ({
    name: `${String.fromCharCode(122 - i)}.ko`,
    data: bytes(i),
  }));
  const entries = parseNewc(
    await gunzip(await buildDiskInitramfs(bytes(1), modules)),
  );
  const packed = entries.filter(({ path }) => path.startsWith("modules/"));
  const sorted = packed.toSorted((a, b) => a.path < b.path ? -1 : 1);
  assert.deepEqual(sorted.map(({ data }) => data[0]), modules.map((_, i) => i));
  const init = entries.find(({ path }) => path === "init");
  assert.equal(init?.mode, 0o100755);
  assert.equal(new TextDecoder().decode(init?.data), INITRAMFS_INIT);
});

Deno.test("buildProgramArchive() puts programs where the disk's init looks", async () => {
  const archive = await buildProgramArchive("echo main\n", {
    "a.py": "print()",
  });
  const entries = parseNewc(await gunzip(archive));
  assert.deepEqual(
    entries.map(({ path }) => path),
    ["programs", "programs/a.py", "programs/main"],
  );
  assert.match(
    INITRAMFS_INIT,
    new RegExp(`cp -r /programs /disk${PROGRAM_FOLDER}`),
  );
  assert.match(DISK_INIT, new RegExp(`sh ${PROGRAM_FOLDER}/main`));
});

for (const [name, script] of Object.entries({ INITRAMFS_INIT, DISK_INIT })) {
  Deno.test(`${name} is a script that a shell can read`, async () => {
    const child = new Deno.Command("sh", {
      args: ["-n"],
      stdin: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(script));
    await writer.close();
    const { success, stderr } = await child.output();
    assert.ok(success, new TextDecoder().decode(stderr));
  });
}
