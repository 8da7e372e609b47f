import assert from "node:assert/strict";
import { Client, refusal } from "./_client.ts";
import { withFolders } from "./_folders.ts";

Deno.test("Txattrwalk and Txattrcreate say that there are none", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    for (const name of ["", "user.x", "security.capability"]) {
      assert.throws(
        () => client.call("xattrwalk", { fid: 0, newFid: 9, name }),
        refusal("EOPNOTSUPP"),
      );
    }
    const values = { fid: 0, name: "user.x", size: 1, flags: 0 };
    assert.throws(
      () => client.call("xattrcreate", values),
      refusal("EOPNOTSUPP"),
    );
    assert.throws(
      () => client.call("xattrwalk", { fid: 8, newFid: 9, name: "" }),
      refusal("EBADF"),
    );
    assert.throws(() => client.getattr(9), refusal("EBADF"));
  });
});
