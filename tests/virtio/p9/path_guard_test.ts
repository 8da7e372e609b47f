import assert from "node:assert/strict";
import { closeSync, constants, fstatSync } from "node:fs";
import { ERRNO, errnoOf, P9Error } from "../../../virtio/p9/errno.ts";
import { checkName, PathGuard } from "../../../virtio/p9/path_guard.ts";
import { type Folders, outsideIsUntouched, withFolders } from "./_folders.ts";

const READ = constants.O_RDONLY;
const WRITE = constants.O_WRONLY;

function errno(name: string): (error: unknown) => boolean {
  return (error) => {
    if (error instanceof P9Error && error.errno === name) return true;
    throw new Error(`Expected ${name}, got ${error}`);
  };
}

/**
 * A guard in whose n-th look something happens on the host before it, or
 * after it.
 */
function meddledGuard(
  { share }: Folders,
  { look, before, after }: {
    look: number;
    before?: () => void;
    after?: () => void;
  },
): PathGuard {
  let looks = 0;
  return new PathGuard(share, {
    look(path) {
      looks++;
      if (looks === look) before?.();
      const found = Deno.lstatSync(path);
      if (looks === look) after?.();
      return found;
    },
  });
}

/** Puts a link to the folder outside where a folder was. */
function swapFolder({ share, outside }: Folders): void {
  Deno.renameSync(`${share}/folder`, `${share}/was`);
  Deno.symlinkSync(outside, `${share}/folder`);
}

function swapBack({ share }: Folders): void {
  Deno.removeSync(`${share}/folder`);
  Deno.renameSync(`${share}/was`, `${share}/folder`);
}

function withGuarded(work: (folders: Folders) => void): void {
  withFolders((folders) => {
    const { share, outside } = folders;
    Deno.mkdirSync(`${share}/folder`);
    Deno.writeTextFileSync(`${share}/folder/secret`, "inside");
    Deno.symlinkSync(outside, `${share}/out`);
    Deno.symlinkSync(`${outside}/secret`, `${share}/file`);
    work(folders);
    assert(outsideIsUntouched(folders));
  });
}

Deno.test("checkName() refuses all but plain names", () => {
  const refused = ["", ".", "..", "a/b", "/", "a\0b", "x".repeat(256)];
  for (const name of refused) assert.throws(() => checkName(name), P9Error);
  assert.throws(() => checkName("é".repeat(128)), errno("ENAMETOOLONG"));
  for (
    const name of ["a", "...", " ", "\\", "é".repeat(127), "x".repeat(255)]
  ) {
    checkName(name);
  }
});

Deno.test("PathGuard() throws for what is no folder", () => {
  withFolders(({ outside }) => {
    assert.throws(() => new PathGuard(`${outside}/secret`), TypeError);
    assert.throws(() => new PathGuard(`${outside}/none`), Deno.errors.NotFound);
  });
});

Deno.test("PathGuard.inspect() shows a link, and follows none", () => {
  withGuarded(({ share }) => {
    const guard = new PathGuard(share);
    assert.equal(guard.inspect(["out"]).mode & 0o170000, 0o120000);
    assert.throws(() => guard.inspect(["out", "secret"]), errno("ENOTDIR"));
    assert.throws(() => guard.inspect(["folder", ".."]), errno("EINVAL"));
    assert.throws(() => guard.inspect(["..", "outside"]), errno("EINVAL"));
  });
});

Deno.test("PathGuard.open() refuses links, wherever they are", () => {
  withGuarded(({ share }) => {
    const guard = new PathGuard(share);
    assert.throws(() => guard.open(["file"], READ), errno("EPERM"));
    assert.throws(() => guard.open(["out"], READ), errno("EPERM"));
    assert.throws(() => guard.open(["out", "secret"], READ), errno("ENOTDIR"));
  });
});

Deno.test("PathGuard.create() does not create through a link", () => {
  withGuarded(({ share, outside }) => {
    Deno.symlinkSync(`${outside}/new`, `${share}/dangling`);
    const guard = new PathGuard(share);
    assert.throws(
      () => guard.create(["dangling"], WRITE, 0o644),
      (error) => errnoOf(error) === ERRNO.EEXIST,
    );
    assert.throws(
      () => guard.create(["out", "new"], WRITE, 0o644),
      errno("ENOTDIR"),
    );
  });
});

Deno.test("PathGuard.create() gives the mode's permissions exactly", () => {
  withGuarded(({ share }) => {
    const guard = new PathGuard(share);
    for (const mode of [0o777, 0o444, 0o600]) {
      const { descriptor, attributes } = guard.create(
        [`mode${mode}`],
        WRITE,
        mode,
      );
      assert.equal(fstatSync(descriptor).mode & 0o7777, mode);
      assert.equal(attributes.mode & 0o7777, mode);
      closeSync(descriptor);
    }
  });
});

Deno.test("PathGuard.open() sees a folder become a link during it", () => {
  withGuarded((folders) => {
    // The looks: 1 the folder, 2 the file, 3 and 4 the same again.
    for (const look of [1, 2]) {
      const guard = meddledGuard(folders, {
        look,
        after: () => swapFolder(folders),
      });
      assert.throws(
        () => guard.open(["folder", "secret"], READ),
        P9Error,
        `look ${look}`,
      );
      swapBack(folders);
    }
  });
});

Deno.test("PathGuard.open() sees a folder be a link for a moment", () => {
  withGuarded((folders) => {
    // The file outside is looked at and opened: only the second looks tell.
    let looks = 0;
    const guard = new PathGuard(folders.share, {
      look(path) {
        looks++;
        if (looks === 2) swapFolder(folders);
        if (looks === 3) swapBack(folders);
        return Deno.lstatSync(path);
      },
    });
    assert.throws(
      () => guard.open(["folder", "secret"], READ),
      errno("ESTALE"),
    );
    assert.equal(looks, 4);
  });
});

Deno.test("PathGuard.open() sees a file become another one", () => {
  withGuarded((folders) => {
    const { share } = folders;
    const guard = meddledGuard(folders, {
      look: 2,
      after: () => {
        Deno.writeTextFileSync(`${share}/other`, "");
        Deno.renameSync(`${share}/other`, `${share}/folder/secret`);
      },
    });
    assert.throws(
      () => guard.open(["folder", "secret"], READ),
      errno("ESTALE"),
    );
  });
});

Deno.test("PathGuard.open() sees a file become a link", () => {
  withGuarded((folders) => {
    const { share, outside } = folders;
    const guard = meddledGuard(folders, {
      look: 2,
      after: () => {
        Deno.removeSync(`${share}/folder/secret`);
        Deno.symlinkSync(`${outside}/secret`, `${share}/folder/secret`);
      },
    });
    assert.throws(() => guard.open(["folder", "secret"], WRITE));
  });
});

Deno.test({
  name: "PathGuard.open() neither opens a pipe nor waits for it",
  ignore: Deno.build.os === "windows",
  fn() {
    withGuarded((folders) => {
      const { share } = folders;
      const pipe = `${share}/folder/pipe`;
      makePipe(pipe);
      const guard = new PathGuard(share);
      assert.throws(() => guard.open(["folder", "pipe"], READ), errno("EPERM"));
      const meddled = meddledGuard(folders, {
        look: 2,
        after: () => Deno.renameSync(pipe, `${share}/folder/secret`),
      });
      assert.throws(
        () => meddled.open(["folder", "secret"], READ),
        errno("ESTALE"),
      );
    });
  },
});

Deno.test("PathGuard.inside() sees the folder become a link", () => {
  withGuarded((folders) => {
    const guard = new PathGuard(folders.share);
    assert.throws(
      () =>
        guard.inside(["folder"], (path) => {
          swapFolder(folders);
          return [...Deno.readDirSync(path)];
        }),
      errno("ENOTDIR"),
    );
  });
});

Deno.test("PathGuard sees the shared folder itself be replaced", () => {
  withGuarded(({ share, outside }) => {
    const guard = new PathGuard(share);
    Deno.renameSync(share, `${share}.moved`);
    Deno.symlinkSync(outside, share);
    assert.throws(() => guard.inspect(["secret"]), errno("ESTALE"));
    assert.throws(() => guard.open(["secret"], READ), errno("ESTALE"));
    Deno.removeSync(share);
    Deno.renameSync(`${share}.moved`, share);
  });
});

Deno.test("PathGuard takes a shared folder that is given as a link", () => {
  withFolders(({ share, outside }) => {
    Deno.writeTextFileSync(`${share}/file`, "text");
    Deno.symlinkSync(share, `${outside}/link`);
    const guard = new PathGuard(`${outside}/link/`);
    assert.equal(guard.inspect(["file"]).size, 4);
    assert.equal(guard.inspect([]).mode & 0o170000, 0o040000);
  });
});

Deno.test("PathGuard.at() refuses the shared folder itself", () => {
  withFolders(({ share }) => {
    const guard = new PathGuard(share);
    assert.throws(() => guard.at([], () => {}), errno("EBUSY"));
  });
});

function makePipe(path: string): void {
  const { success } = new Deno.Command("mkfifo", { args: [path] }).outputSync();
  assert(success);
}
