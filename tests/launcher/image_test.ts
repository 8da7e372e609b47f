import assert from "node:assert/strict";
import { join } from "node:path";
import { ExitError } from "../../emulator/exit_status.ts";
import { gzip } from "../../guests/compression.ts";
import { runTool, ToolMissingError } from "../../guests/command.ts";
import { findInitrd, findKernel, UnpackFolder } from "../../launcher/image.ts";
import { withTempFolder } from "../guests/_temp_folder.ts";
import { XZ_OF_HELLO } from "../guests/_xz.ts";

const HELLO = new TextEncoder().encode("hello\n");

async function hasXz(): Promise<boolean> {
  try {
    const purpose = "look for xz";
    await runTool(["xz", "--version"], { purpose, debianPackage: "xz-utils" });
    return true;
  } catch (error) {
    if (error instanceof ToolMissingError) return false;
    throw error;
  }
}

const noXz = await hasXz() ? "" : " (SKIPPED: xz is not installed)";

/** Writes a file and looks for a kernel in it. */
async function find(
  content: Uint8Array,
  check: (found: { path: string; name: string }, written: string) => void,
): Promise<void> {
  await withTempFolder(async (folder) => {
    const written = join(folder, "image");
    await Deno.writeFile(written, content);
    using unpacked = new UnpackFolder();
    check(await findKernel(written, unpacked), written);
  });
}

function refusal(pattern: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof ExitError, `${error}`);
    assert.equal(error.status, 2);
    assert.match(error.message, pattern);
    return true;
  };
}

Deno.test("findKernel() leaves an unpacked file where it is", async () => {
  await find(HELLO, ({ path, name }, written) => {
    assert.equal(path, written);
    assert.equal(name, written);
  });
});

Deno.test("findKernel() unpacks gzip, tells the packed name, and tidies up", async () => {
  let kept = "";
  await find(await gzip(HELLO), ({ path, name }, written) => {
    kept = path;
    assert.notEqual(path, written);
    assert.equal(name, written);
    assert.deepEqual(Deno.readFileSync(path), HELLO);
    assert.equal(Deno.statSync(join(path, "..")).mode! & 0o077, 0);
  });
  assert.throws(() => Deno.statSync(kept), Deno.errors.NotFound);
  assert.throws(() => Deno.statSync(join(kept, "..")), Deno.errors.NotFound);
});

Deno.test(
  `findKernel() unpacks xz${noXz}`,
  { ignore: noXz !== "" },
  async () => {
    await find(XZ_OF_HELLO, ({ path }) => {
      assert.deepEqual(Deno.readFileSync(path), HELLO);
    });
  },
);

Deno.test("findKernel() refuses packed files that are cut short", async () => {
  const packed = await gzip(crypto.getRandomValues(new Uint8Array(4096)));
  await assert.rejects(
    find(packed.subarray(0, 2000), () => {}),
    refusal(
      /^Cannot use --kernel .*image: it cannot be unpacked, is it whole: /,
    ),
  );
});

Deno.test(
  `findKernel() refuses xz files that are cut short${noXz}`,
  { ignore: noXz !== "" },
  async () => {
    await assert.rejects(
      find(XZ_OF_HELLO.subarray(0, 40), () => {}),
      refusal(/^Cannot use --kernel .*image: it cannot be unpacked/),
    );
  },
);

Deno.test("findKernel() refuses what is not there, or no file", async () => {
  await withTempFolder(async (folder) => {
    using unpacked = new UnpackFolder();
    await assert.rejects(
      findKernel(join(folder, "absent"), unpacked),
      refusal(/^Cannot use --kernel .*absent: there is no such file$/),
    );
    await assert.rejects(
      findKernel(folder, unpacked),
      refusal(/: it is a folder, name a file$/),
    );
    await assert.rejects(
      findKernel("/dev/null", unpacked),
      refusal(/^Cannot use --kernel \/dev\/null: it is not a regular file$/),
    );
  });
});

/** Whether modes of files do not bind us, as they do not bind root. */
async function readsEverything(): Promise<boolean> {
  let reads = false;
  await withTempFolder(async (folder) => {
    const path = join(folder, "closed");
    await Deno.writeFile(path, HELLO, { mode: 0o000 });
    reads = await Deno.readFile(path).then(() => true, () => false);
  });
  return reads;
}

const isRoot = await readsEverything();

Deno.test(
  `findKernel() refuses what may not be read${
    isRoot ? " (SKIPPED: root may read everything)" : ""
  }`,
  { ignore: isRoot },
  async () => {
    await withTempFolder(async (folder) => {
      const path = join(folder, "secret");
      await Deno.writeFile(path, HELLO, { mode: 0o000 });
      using unpacked = new UnpackFolder();
      await assert.rejects(
        findKernel(path, unpacked),
        refusal(/secret: its owner does not permit it$/),
      );
    });
  },
);

Deno.test("findInitrd() hands a packed file on as it is", async () => {
  await withTempFolder(async (folder) => {
    const path = join(folder, "initrd");
    await Deno.writeFile(path, await gzip(HELLO));
    assert.deepEqual(findInitrd(path, 2 ** 28), { path, name: path });
  });
});

Deno.test("findInitrd() refuses what is larger than memory", async () => {
  await withTempFolder(async (folder) => {
    const path = join(folder, "initrd");
    await Deno.writeFile(path, HELLO);
    await Deno.truncate(path, 300 * 2 ** 20);
    assert.throws(
      () => findInitrd(path, 2 ** 28),
      refusal(
        /initrd: its 300 MiB do not fit in memory of 256 MiB, give --memory$/,
      ),
    );
  });
});
