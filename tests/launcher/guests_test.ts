import assert from "node:assert/strict";
import { join } from "node:path";
import { readyGuestsFolder } from "../../guests/cache.ts";
import { command, start } from "./_launch.ts";

const folder = readyGuestsFolder();
const skipped = folder === null
  ? " [SKIPPED, NO READY GUESTS: JANUS_GUESTS does not name their folder]"
  : "";

/** Options that boot a ready guest as it is in its folder, packed. */
function optionsOf(name: "be" | "le"): string[] {
  return [
    "--kernel",
    join(folder!, name, "vmlinux.xz"),
    "--initrd",
    join(folder!, name, "shell.cpio.gz"),
    "--append",
    "console=hvc0",
    "--time-limit",
    "50",
  ];
}

const PLATFORMS: readonly string[][] = [
  [],
  ["--cpu", "power8"],
  ["--mmu", "hash"],
  ["--interrupt-controller", "xics"],
];

for (const options of PLATFORMS) {
  Deno.test(
    `launch() boots be to READY-MARK, ${
      options.join(" ") || "defaults"
    }${skipped}`,
    {
      ignore: folder === null,
    },
    async () => {
      const { child, result } = start([
        ...optionsOf("be"),
        ...options,
        "--exit-after",
        "READY-MARK",
      ]);
      await child.stdin.close();
      const { code, stdout, stderr } = await result;
      assert.equal(code, 0, stderr);
      assert.match(stdout, /Linux version/);
      assert.match(stdout, /READY-MARK/);
    },
  );
}

for (const [name, machine] of [["be", "ppc64"], ["le", "ppc64le"]] as const) {
  Deno.test(`launch() types what is piped in at ${name}${skipped}`, {
    ignore: folder === null,
  }, async () => {
    const { child, result } = start(optionsOf(name));
    const writer = child.stdin.getWriter();
    const lines = ["echo $((6*7)) $(uname -m)", "poweroff -f", ""];
    await writer.write(new TextEncoder().encode(lines.join("\n")));
    await writer.close();
    const { code, stdout, stderr } = await result;
    assert.equal(code, 0, stderr);
    assert.match(stdout, new RegExp(`^42 ${machine}\\r$`, "m"));
  });
}

Deno.test(`launch() ends when nobody reads its output any more${skipped}`, {
  ignore: folder === null,
}, async () => {
  const { child, stderr } = startUnread(optionsOf("le"));
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  const { code } = await child.status;
  assert.equal(code, 1);
  assert.match(await stderr, /^Cannot write console: Broken pipe/);
});

/** Starts a run whose output the test itself reads. */
function startUnread(args: string[]) {
  const [program, ...rest] = command(...args);
  const child = new Deno.Command(program, {
    args: rest,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  return { child, stderr: new Response(child.stderr).text() };
}
