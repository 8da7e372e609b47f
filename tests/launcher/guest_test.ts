import assert from "node:assert/strict";
import { ExitError } from "../../emulator/exit_status.ts";
import {
  findGuest,
  type GuestSources,
  showProgress,
} from "../../launcher/guest.ts";
import type { GuestChoice } from "../../launcher/settings.ts";

const DEBIAN = {
  kernel: "/c/vmlinux",
  initrd: "/c/initrd",
  append: "console=hvc0",
};
const DISK = { ...DEBIAN, disk: "/c/disk.img" };
const LAB = { kernel: "/lab.elf", append: "" };

/** Looks for a guest with sources that do what they are told. */
async function find(
  kind: GuestChoice["kind"] & ("debian" | "debian-disk" | "lab" | "default"),
  changes: Partial<GuestSources> = {},
  signal = new AbortController().signal,
) {
  const told: string[] = [];
  const guest = await findGuest({ kind }, {
    tell: (sentence) => told.push(sentence),
    onProgress: () => {},
    signal,
  }, {
    isCached: () => Promise.resolve(false),
    isObtainable: () => Promise.resolve(false),
    prepareDebian: () => Promise.resolve(DEBIAN),
    prepareDisk: () => Promise.resolve(DISK),
    lab: () => LAB,
    ...changes,
  });
  return { guest, told };
}

const yes = () => Promise.resolve(true);
const offline = () =>
  Promise.reject(new Error("Cannot download packages: no network"));

Deno.test("findGuest() takes Debian's kernel if it is cached or can be had", async () => {
  for (const changes of [{ isCached: yes }, { isObtainable: yes }]) {
    const { guest, told } = await find("default", changes);
    assert.equal(guest, DEBIAN);
    assert.deepEqual(told, [
      "Booting Debian's kernel (--guest debian); choose with --guest or --kernel",
    ]);
  }
});

Deno.test("findGuest() takes the lab if Debian's kernel cannot be had", async () => {
  const { guest, told } = await find("default");
  assert.equal(guest, LAB);
  assert.equal(told.length, 1);
  assert.match(told[0]!, /cannot be had by apt here; booting the lab/);
  assert.match(told[0]!, /choose with --guest or --kernel$/);
});

Deno.test("findGuest() takes the lab if getting Debian's kernel fails", async () => {
  const { guest, told } = await find("default", {
    isObtainable: yes,
    prepareDebian: offline,
  });
  assert.equal(guest, LAB);
  assert.match(
    told[0]!,
    /Cannot download packages: no network; booting the lab/,
  );
});

Deno.test("findGuest() takes the lab if there is no folder for a cache", async () => {
  const isCached = () =>
    Promise.reject(new Error("Cannot find the cache folder"));
  assert.equal((await find("default", { isCached })).guest, LAB);
});

Deno.test("findGuest() does not replace a guest that was asked for", async () => {
  assert.deepEqual(await find("debian"), { guest: DEBIAN, told: [] });
  assert.deepEqual(await find("debian-disk"), { guest: DISK, told: [] });
  assert.deepEqual(await find("lab"), { guest: LAB, told: [] });
  await assert.rejects(
    find("debian-disk", { prepareDisk: offline }),
    {
      message:
        "Cannot get guest debian-disk: Cannot download packages: no network",
    },
  );
  await assert.rejects(find("debian", { prepareDebian: offline }), (error) => {
    assert.ok(error instanceof ExitError);
    assert.equal(error.status, 1);
    assert.equal(
      error.message,
      "Cannot get guest debian: Cannot download packages: no network",
    );
    return true;
  });
});

Deno.test("findGuest() gives up when it is interrupted", async () => {
  for (const kind of ["default", "debian"] as const) {
    const stop = new AbortController();
    const prepareDebian = () => {
      stop.abort(new ExitError("", 130));
      return offline();
    };
    await assert.rejects(
      find(kind, { isObtainable: yes, prepareDebian }, stop.signal),
      (error) => error instanceof ExitError && error.status === 130,
    );
  }
});

Deno.test("showProgress() keeps to one line on a terminal", () => {
  let text = "";
  const show = showProgress((part) => text += part, { isTerminal: true });
  show({ step: 1, steps: 2, text: "Reading" });
  show({ step: 2, steps: 2, text: "Loading", doneBytes: 1000 });
  show.done();
  show.done();
  assert.equal(text, "\r\x1b[K[1/2] Reading\r\x1b[K[2/2] Loading: 1.0 kB\n");
});

Deno.test("showProgress() writes a line for each step elsewhere", () => {
  let text = "";
  const show = showProgress((part) => text += part, { isTerminal: false });
  show({ step: 1, steps: 2, text: "Reading" });
  for (const doneBytes of [1, 2]) {
    show({ step: 2, steps: 2, text: "Loading", doneBytes, totalBytes: 2 });
  }
  show.done();
  assert.equal(text, "[1/2] Reading\n[2/2] Loading\n");
});
