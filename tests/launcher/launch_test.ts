import assert from "node:assert/strict";
import { join } from "node:path";
import { LAB_DONE, labGuest } from "../../guests/lab.ts";
import { gzip } from "../../guests/compression.ts";
import { ENGINES } from "../../machine/machine_options.ts";
import { connect, type MonitorClient } from "../../monitor/client.ts";
import { withTempFolder } from "../guests/_temp_folder.ts";
import { eventually } from "../monitor/_raw.ts";
import { emulatorOf, isAlive, run, start } from "./_launch.ts";

/** Waits for the monitor of a program that has just been started. */
async function eventuallyConnect(address: string): Promise<MonitorClient> {
  for (let left = 300; left > 0; left--) {
    try {
      return await connect(address);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return await connect(address);
}

Deno.test("launch() boots the lab to its end and gives status 0", async () => {
  const { code, stdout, stderr } = await run("--guest", "lab");
  assert.equal(code, 0, stderr);
  assert.match(stdout, new RegExp(`^${LAB_DONE} \\d+ passed`, "m"));
  assert.equal(stderr, "");
});

Deno.test("launch() boots the lab with every engine to the same end", async () => {
  const [plain, ...others] = await Promise.all(
    ENGINES.map((engine) => run("--guest", "lab", "--engine", engine)),
  );
  const end = (text = "") => text.slice(text.indexOf(LAB_DONE));
  for (const { code, stdout, stderr } of others) {
    assert.equal(code, 0, stderr);
    assert.match(end(stdout), / 0 failed/);
    assert.equal(end(stdout), end(plain?.stdout));
  }
});

Deno.test("launch() gives 0 at the sight of a text and 5 without it", async () => {
  const seen = await run("--guest", "lab", "--exit-after", "big-endian");
  assert.equal(seen.code, 0, seen.stderr);
  assert.doesNotMatch(seen.stdout, new RegExp(LAB_DONE));
  const never = await run("--guest", "lab", "--exit-after", "NEVER");
  assert.equal(never.code, 5);
  assert.equal(never.stderr, 'Guest ended before it printed "NEVER"\n');
});

Deno.test("launch() boots a kernel that is packed, and leaves nothing behind", async () => {
  await withTempFolder(async (folder) => {
    const kernel = join(folder, "lab.elf.gz");
    await Deno.writeFile(
      kernel,
      await gzip(await Deno.readFile(labGuest().kernel)),
    );
    const log = join(folder, "log");
    const { code, stdout, stderr } = await run(
      "--kernel",
      kernel,
      "--console",
      `file:${log}`,
    );
    assert.equal(code, 0, stderr);
    assert.equal(stdout, "");
    assert.match(await Deno.readTextFile(log), new RegExp(LAB_DONE));
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
    assert.deepEqual(names.sort(), ["lab.elf.gz", "log"]);
  });
});

Deno.test("launch() gives 3 at the time limit", async () => {
  const { code, stderr } = await run(
    "--guest",
    "lab",
    "--start-paused",
    "--time-limit",
    "0.5",
  );
  assert.equal(code, 3);
  assert.equal(stderr, "Time limit of 0.5 s was reached\n");
});

Deno.test("launch() gives 2 and one sentence for files that cannot be used", async () => {
  await withTempFolder(async (folder) => {
    const image = await Deno.readFile(labGuest().kernel);
    const write = async (name: string, content: Uint8Array) => {
      const path = join(folder, name);
      await Deno.writeFile(path, content);
      return path;
    };
    const other = image.slice();
    other[19] = 62; // e_machine: x86-64
    const cases = [
      [join(folder, "absent"), /: there is no such file$/],
      [await write("text", new TextEncoder().encode("x")), /not an ELF file/],
      [await write("empty", new Uint8Array()), /not an ELF file/],
      [await write("cut", image.subarray(0, 300)), /truncated/],
      [await write("x86", other), /not for 64-bit Power/],
      [await write("a,b", image), /^Cannot use a path with a comma/],
    ] as const;
    for (const [path, pattern] of cases) {
      const { code, stdout, stderr } = await run("--kernel", path);
      assert.equal(code, 2, path);
      assert.equal(stdout, "");
      const [line = "", ...more] = stderr.trimEnd().split("\n");
      assert.deepEqual(more, [], stderr);
      assert.match(line, pattern);
      assert.match(line, /^Cannot /);
      assert.ok(line.includes(path), line);
    }
  });
});

Deno.test("launch() gives 2 and one sentence for devices that cannot be had", async () => {
  await withTempFolder(async (folder) => {
    const file = join(folder, "file");
    await Deno.writeFile(file, new Uint8Array(1024));
    const small = join(folder, "small");
    await Deno.writeFile(small, new Uint8Array(10));
    const absent = join(folder, "absent");
    using held = await Deno.open(file, { read: true, write: true });
    await held.lock(true);
    using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const taken = `user,restrict,forward=tcp:${other.addr.port}:80`;
    const cases = [
      ["--drive", absent, /: there is no such file$/],
      ["--drive", folder, /: it is a folder, name a file$/],
      ["--drive", small, /: it has 10 bytes, no whole sector$/],
      ["--drive", file, /: another program has it open$/],
      ["--share", `t=${absent}`, /: there is no such file$/],
      ["--share", `t=${file}`, /: it is not a folder$/],
      ["--net", taken, /^Cannot forward tcp port \d+ of 127\.0\.0\.1: .+$/m],
    ] as const;
    for (const [option, value, pattern] of cases) {
      const { code, stderr } = await run("--guest", "lab", option, value);
      assert.equal(code, 2, stderr);
      assert.match(stderr, /^Cannot [^\n]+\n$/);
      assert.match(stderr.trimEnd(), pattern);
    }
  });
});

Deno.test("launch() gives 2 for wrong usage and 0 for help, at once", async () => {
  const wrong = await run("--memory", "lots");
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /^Cannot use --memory lots: [^\n]+\n$/);
  const help = await run("--help");
  assert.equal(help.code, 0);
  assert.match(help.stdout, /^Usage: deno task run /);
  assert.equal(help.stderr, "");
  assert.match((await run("--version")).stdout, /^janus \d/);
});

Deno.test("launch() lets a client on a Unix socket start, ask and quit", async () => {
  await withTempFolder(async (folder) => {
    const socket = join(folder, "m.sock");
    const { result } = start([
      "--guest",
      "lab",
      "--start-paused",
      "--monitor",
      `unix:${socket}`,
      "--console",
      "none",
    ]);
    const client = await eventuallyConnect(`unix:${socket}`);
    assert.equal(Deno.statSync(socket).mode! & 0o777, 0o600);
    assert.equal((await client.call("query-status")).status, "prelaunch");
    assert.deepEqual(await client.call("quit"), {});
    await client.close();
    const { code, stderr } = await result;
    assert.equal(code, 0, stderr);
    assert.equal(stderr, `Monitor listens at unix:${socket}\n`);
    assert.throws(() => Deno.statSync(socket), Deno.errors.NotFound);
  });
});

Deno.test("launch() serves a client on standard input and output", async () => {
  const { child, result } = start([
    "--guest",
    "lab",
    "--start-paused",
    "--monitor",
    "stdio",
  ]);
  const writer = child.stdin.getWriter();
  const requests = ["query-status", "quit"].map((method, id) =>
    JSON.stringify({ jsonrpc: "2.0", id, method })
  );
  await writer.write(new TextEncoder().encode(requests.join("\n")));
  const { code, stdout, stderr } = await result;
  await writer.close().catch(() => {});
  assert.equal(code, 0, stderr);
  assert.deepEqual(
    stdout.trimEnd().split("\n").map((line) => JSON.parse(line)),
    [
      {
        jsonrpc: "2.0",
        id: 0,
        result: { status: "prelaunch", running: false },
      },
      { jsonrpc: "2.0", id: 1, result: {} },
    ],
  );
});

/** Starts a paused run whose monitor answers, and gives launcher and emulator. */
async function startPaused(folder: string) {
  const address = `unix:${join(folder, "m.sock")}`;
  const { child, result } = start([
    "--guest",
    "lab",
    "--start-paused",
    "--monitor",
    address,
  ]);
  await (await eventuallyConnect(address)).close();
  return { child, result, emulator: await emulatorOf(child.pid) };
}

for (const [signal, status] of [["SIGTERM", 143], ["SIGINT", 130]] as const) {
  Deno.test(`launch() passes ${signal} on and gives ${status}`, async () => {
    await withTempFolder(async (folder) => {
      const { child, result, emulator } = await startPaused(folder);
      child.kill(signal);
      assert.equal((await result).code, status);
      assert.equal(await isAlive(emulator), false);
      assert.deepEqual([...Deno.readDirSync(folder)], []);
    });
  });
}

Deno.test("the emulator does not outlive a launcher that is killed", async () => {
  await withTempFolder(async (folder) => {
    const { child, emulator } = await startPaused(folder);
    child.kill("SIGKILL");
    await child.status;
    await eventually(async () => !await isAlive(emulator));
  });
});

Deno.test("launch() gives 1 when the emulator is killed", async () => {
  await withTempFolder(async (folder) => {
    const { result, emulator } = await startPaused(folder);
    Deno.kill(emulator, "SIGKILL");
    const { code, stderr } = await result;
    assert.equal(code, 1);
    assert.match(stderr, /Emulator was ended by SIGKILL\n$/);
  });
});

Deno.test("launch() goes on at the end of its input", async () => {
  const { child, result } = start(["--guest", "lab"]);
  await child.stdin.close();
  assert.match((await result).stdout, new RegExp(LAB_DONE));
});
