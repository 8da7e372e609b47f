import assert from "node:assert/strict";
import type { GuestProgram } from "../../programs/table.ts";
import {
  alarms,
  begunIn,
  endedIn,
  LAST_MARK,
  mainScript,
  parseTranscript,
} from "../../programs/transcript.ts";
import { withTempFolder } from "../guests/_temp_folder.ts";

function program(name: string, ...args: string[]): GuestProgram {
  return { name, file: `${name}.sh`, command: ["sh", ...args], timings: [] };
}

/** Runs the script that the guest would run; `dmesg` is a stand-in. */
async function run(
  files: Record<string, string>,
  programs: readonly GuestProgram[],
): Promise<string> {
  let console = "";
  await withTempFolder(async (folder) => {
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${folder}/${name}`, text, { mode: 0o755 });
    }
    const { stdout } = await new Deno.Command("sh", {
      args: ["-c", mainScript(programs, folder)],
      env: { PATH: `${folder}:${Deno.env.get("PATH")}` },
      stdin: "null",
    }).output();
    console = new TextDecoder().decode(stdout);
  });
  return console;
}

const DMESG = `#!/bin/sh
if [ "$1" != -r ]; then exit; fi
echo '<6>[    0.000000] Linux version 6.1'
echo '<4>[    1.098258] pci 0000:00:00.0: a warning'
echo '<1>[   12.345678] BUG: Unable to handle kernel data access'
`;

Deno.test("parseTranscript() takes apart what mainScript() lets the guest print", async () => {
  const console = await run({
    dmesg: DMESG,
    "first.sh": "echo one; echo two >&2; exit 3\n",
    "second.sh": "printf 'no end of line %s' $1; read -r line || echo .\n",
    "silent.sh": "",
  }, [program("first"), program("second", "7"), program("silent")]);
  // The terminal ends lines with two characters.
  const { outcomes, kernel } = parseTranscript(
    `boot\n${console}`.replaceAll("\n", "\r\n"),
  );
  assert.deepEqual([...outcomes.keys()], ["first", "second", "silent"]);
  const { output, status, seconds } = outcomes.get("first")!;
  assert.equal(output, "one\ntwo\n");
  assert.equal(status, 3);
  assert.ok(seconds >= 0 && seconds < 60, `${seconds} s`);
  assert.equal(outcomes.get("second")?.output, "no end of line 7.\n");
  assert.equal(outcomes.get("second")?.status, 0);
  assert.equal(outcomes.get("silent")?.output, "");
  assert.deepEqual(kernel, [
    "pci 0000:00:00.0: a warning",
    "BUG: Unable to handle kernel data access",
  ]);
  assert.deepEqual(alarms(kernel), [
    "BUG: Unable to handle kernel data access",
  ]);
  assert.ok(console.includes(`\n${LAST_MARK}\n`));
});

Deno.test("parseTranscript() does not take the kernel's lines for a program's", () => {
  const { outcomes } = parseTranscript([
    "===== BEGIN a",
    "0 fc91",
    "[  142.008720] watchdog: BUG: soft lockup - CPU#0 stuck for 43s! [a:139]",
    "[1] 2",
    "1 5711",
    "===== END a 0 1.0 2.0",
  ].join("\n"));
  assert.equal(outcomes.get("a")?.output, "0 fc91\n[1] 2\n1 5711");
});

Deno.test("parseTranscript() has no outcome of a program that did not end", () => {
  const { outcomes, kernel } = parseTranscript("===== BEGIN a\nhalf");
  assert.equal(outcomes.size, 0);
  assert.deepEqual(kernel, []);
});

Deno.test("begunIn() knows the lines by which programs begin and end", () => {
  assert.equal(begunIn("===== BEGIN perl\r"), "perl");
  assert.equal(begunIn("===== END perl 0 1 2"), undefined);
  assert.equal(endedIn("===== END perl 0 1 2"), "perl");
  assert.equal(endedIn("===== BEGIN perl"), undefined);
  assert.equal(begunIn("echo ===== BEGIN perl"), undefined);
});

Deno.test("alarms() passes over what a healthy kernel warns of", () => {
  const healthy =
    "pci 0000:00:00.0: No hypervisor support for SR-IOV on this " +
    "device, IOV BARs disabled.";
  const sick = [
    "rcu: INFO: rcu_sched self-detected stall on CPU",
    "EXT4-fs error (device vda): ext4_lookup:1856",
    "I/O error, dev vda, sector 0",
    "python3[81]: segfault (11) at 0 nip 0 lr 0 code 1",
    "WARNING: CPU: 0 PID: 1 at kernel/fork.c:1",
    "watchdog: CPU 0 self-detected hard LOCKUP @ system_call+0x0/0x1",
  ];
  assert.deepEqual(alarms([healthy, ...sick]), sick);
});
