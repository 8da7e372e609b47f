import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { EmulatorConfig } from "../../emulator/config.ts";
import { ExitError } from "../../emulator/exit_status.ts";
import { runEmulator } from "../../emulator/run.ts";
import { labGuest } from "../../guests/lab.ts";
import { connect } from "../../monitor/client.ts";
import { withTempFolder } from "../guests/_temp_folder.ts";
import { bounded } from "./_bounded.ts";
import { FAKE_WORKER, type FakeScript } from "./_fake.ts";

type Changes = Partial<Omit<EmulatorConfig, "console">>;

/** Runs a fake machine with its console in a file. */
async function run(script: FakeScript, changes: Changes = {}) {
  let loaded = 0;
  let output = "";
  const abandoned = Promise.withResolvers<void>();
  let ending: Awaited<ReturnType<typeof runEmulator>> | undefined;
  await withTempFolder(async (folder) => {
    const path = join(folder, "console");
    ending = await bounded(runEmulator({
      machine: {
        cpu: "power9",
        mmu: "radix",
        interruptController: "xive",
        memoryBytes: 2 ** 28,
        vcpus: 1,
        clock: "host",
      },
      kernel: { path: labGuest().kernel, name: "lab" },
      bootargs: JSON.stringify(script),
      console: { kind: "file", path },
      monitors: [],
      credentials: {},
      startPaused: false,
      ...changes,
    }, {
      onLoaded: () => loaded++,
      abandoned: abandoned.promise,
      worker: FAKE_WORKER,
    }));
    output = await Deno.readTextFile(path);
  });
  assert.equal(loaded, 1);
  return { ...ending!, output };
}

const OFF = { end: { reason: "power-off" } } as const;

Deno.test("runEmulator() ends with 0 when the guest turns itself off", async () => {
  const { status, output } = await run({ print: ["a", "b"], ...OFF });
  assert.equal(status, 0);
  assert.equal(output, "ab");
});

Deno.test("runEmulator() ends with 0 at the text, whatever chunks it comes in", async () => {
  const print = ["boot RE", "ADY-", "MARK\r\nmore\r\n", "and more"];
  const { status, output } = await run({ print }, { exitAfter: "READY-MARK" });
  assert.equal(status, 0);
  assert.equal(output, "boot READY-MARK\r\n");
});

Deno.test("runEmulator() ends with 5 when the guest ends before the text", async () => {
  const { status, message } = await run({ print: ["READY"], ...OFF }, {
    exitAfter: "READY-MARK",
  });
  assert.equal(status, 5);
  assert.equal(message, 'Guest ended before it printed "READY-MARK"');
});

Deno.test("runEmulator() ends with 4 when the guest dies", async () => {
  const end = { reason: "panic", message: "os-term: bye" } as const;
  const { status, message } = await run({ end });
  assert.equal(status, 4);
  assert.equal(message, "Guest died: panic: os-term: bye");
});

Deno.test("runEmulator() ends with 3 at the time limit, idle, busy or paused", async () => {
  for (const script of [{}, { busy: true }, { flood: 4096 }]) {
    const { status, message } = await run(script, { timeLimit: 0.3 });
    assert.equal(status, 3);
    assert.equal(message, "Time limit of 0.3 s was reached");
  }
  const paused = await run(OFF, { timeLimit: 0.2, startPaused: true });
  assert.equal(paused.status, 3);
});

Deno.test("runEmulator() ends when the machine never comes out of its slice", async () => {
  const script = fileURLToPath(new URL("./_hang.ts", import.meta.url));
  const { code } = await bounded(
    new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--allow-read", script],
      stdin: "null",
      stderr: "inherit",
    }).output(),
  );
  assert.equal(code, 3);
});

Deno.test("runEmulator() ends with 1 when the machine breaks", async () => {
  const { status, message } = await run({ crash: true, busy: true });
  assert.equal(status, 1);
  assert.match(message ?? "", /^Emulator failed: Fake machine broke\n/);
});

Deno.test("runEmulator() ends when nobody wants it any more", async () => {
  const ending = await bounded(runEmulator({
    machine: {
      cpu: "power9",
      mmu: "radix",
      interruptController: "xive",
      memoryBytes: 2 ** 28,
      vcpus: 1,
      clock: "host",
    },
    kernel: { path: labGuest().kernel, name: "lab" },
    bootargs: "{}",
    console: { kind: "none" },
    monitors: [],
    credentials: {},
    startPaused: false,
  }, {
    onLoaded: () => {},
    abandoned: new Promise((resolve) => setTimeout(resolve, 100)),
    worker: FAKE_WORKER,
  }));
  assert.equal(ending.status, 129);
});

Deno.test("runEmulator() lets a client start, ask and quit, and answers the last call", async () => {
  await withTempFolder(async (folder) => {
    const address = `unix:${join(folder, "m.sock")}`;
    const running = run({}, { monitors: [address], startPaused: true });
    const client = await eventuallyConnect(address);
    assert.equal((await client.call("query-status")).status, "prelaunch");
    await client.call("cont");
    assert.equal((await client.call("query-status")).status, "running");
    assert.deepEqual(await client.call("quit"), {});
    assert.equal((await running).status, 0);
    await client.close();
  });
});

Deno.test("runEmulator() refuses what is no kernel, before it builds a machine", async () => {
  await withTempFolder(async (folder) => {
    const path = join(folder, "text");
    await Deno.writeTextFile(path, "no kernel");
    const kernel = { path, name: "my-kernel" };
    await assert.rejects(run({}, { kernel }), (error) => {
      assert.ok(error instanceof ExitError);
      assert.equal(error.status, 2);
      assert.equal(
        error.message,
        "Cannot load kernel: not an ELF file: my-kernel",
      );
      return true;
    });
  });
});

Deno.test("runEmulator() refuses a monitor that cannot be had", async () => {
  await withTempFolder(async (folder) => {
    const monitors = [`unix:${join(folder, "absent", "m.sock")}`];
    await assert.rejects(
      run({}, { monitors }),
      (error) => error instanceof ExitError && error.status === 2,
    );
  });
});

async function eventuallyConnect(address: string) {
  for (let left = 250; left > 0; left--) {
    try {
      return await connect(address);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  return await connect(address);
}
