import assert from "node:assert/strict";
import { Client, refusal } from "./_client.ts";
import { withFolders } from "./_folders.ts";

Deno.test("Tstatfs says ENOSYS where it is not granted", () => {
  withFolders(({ share }) => {
    const { state } = Deno.permissions.querySync({
      name: "sys",
      kind: "statfs",
    });
    const client = Client.attached({ folder: share });
    if (state === "granted") assert(client.call("statfs", { fid: 0 }).blocks);
    else {
      assert.throws(() => client.call("statfs", { fid: 0 }), refusal("ENOSYS"));
    }
    assert.throws(() => client.call("statfs", { fid: 9 }), refusal("EBADF"));
  });
});

Deno.test("Tstatfs gives the host's figures where it is granted", () => {
  withFolders(({ share, outside }) => {
    Deno.symlinkSync(outside, `${share}/link`);
    const { code, stdout, stderr } = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        `--allow-read=${share}`,
        `--allow-write=${share}`,
        "--allow-sys=statfs",
        new URL("./_statfs.ts", import.meta.url).pathname,
        share,
      ],
    }).outputSync();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    const replies = JSON.parse(new TextDecoder().decode(stdout));
    assert.equal(replies.length, 3);
    for (const reply of replies) {
      assert(reply.blocks > 0 && reply.blocksFree <= reply.blocks);
      assert(reply.blockSize >= 512);
      assert.equal(reply.nameLength, 255);
    }
  });
});
