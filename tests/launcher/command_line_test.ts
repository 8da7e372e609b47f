import assert from "node:assert/strict";
import { ExitError } from "../../emulator/exit_status.ts";
import { parseCommandLine } from "../../launcher/command_line.ts";
import { settle } from "../../launcher/settings.ts";

const HOME = "/home/me";

/** Splits at spaces; `_` stands for a space within an argument. */
function words(line: string): string[] {
  return line.split(" ").filter(Boolean).map((word) =>
    word.replaceAll("_", " ")
  );
}

function read(line: string) {
  return settle(parseCommandLine(words(line)), HOME);
}

const USAGE_ERRORS: Readonly<Record<string, string>> = {
  "--foo": "Cannot understand --foo: see --help",
  "-x": "Cannot understand -x: see --help",
  "--no-help": "Cannot understand --no-help: see --help",
  "--constructor": "Cannot understand --constructor: see --help",
  "vmlinux": 'Cannot understand "vmlinux": use --kernel vmlinux to boot it',
  "--cpu": "Cannot use --cpu without a value: give it as --cpu=power9|power8",
  "--kernel --initrd x":
    "Cannot use --kernel without a value: give it as --kernel=FILE",
  "--start-paused=yes": "Cannot use --start-paused=yes: it takes no value",
  "--cpu power7": "Cannot use --cpu power7: use power9 or power8",
  "--cpu POWER9": "Cannot use --cpu POWER9: use power9 or power8",
  "--cpu power9 --cpu power8": "Cannot use --cpu twice: give it once",
  "--mmu none": "Cannot use --mmu none: use radix or hash",
  "--interrupt-controller apic":
    "Cannot use --interrupt-controller apic: use xive or xics",
  "--cpu power8 --mmu radix":
    "Cannot use --mmu radix with --cpu power8: use --mmu hash or --cpu power9",
  "--cpu power8 --interrupt-controller xive":
    "Cannot use --interrupt-controller xive with --cpu power8: use xics or --cpu power9",
  "--memory 5T":
    "Cannot use --memory 5T: use a size from 256M to 3G, such as 1G",
  "--memory 1024":
    "Cannot use --memory 1024: use a size from 256M to 3G, such as 1G",
  "--memory 128M":
    "Cannot use --memory 128M: use a size from 256M to 3G, such as 1G",
  "--memory 4G":
    "Cannot use --memory 4G: use a size from 256M to 3G, such as 1G",
  "--memory NaNG":
    "Cannot use --memory NaNG: use a size from 256M to 3G, such as 1G",
  "--memory=-1G":
    "Cannot use --memory -1G: use a size from 256M to 3G, such as 1G",
  "--memory 1000M":
    "Cannot use --memory 1000M: use a multiple of 16M, such as 1G",
  "--smp 9": "Cannot use --smp 9: use a number from 1 to 8",
  "--smp 0": "Cannot use --smp 0: use a number from 1 to 8",
  "--smp 1.5": "Cannot use --smp 1.5: use a number from 1 to 8",
  "--lpcr-owner guest":
    "Cannot use --lpcr-owner guest: use machine or accelerator-poll or accelerator-propagate",
  "--mistake all":
    "Cannot use --mistake all: use calling-vcpu-only or no-synchronise or interrupt-msr or device-order",
  "--clock guest": "Cannot use --clock guest: use host or instructions",
  "--engine qemu": "Cannot use --engine qemu: use interpreter or jit or both",
  "--accelerator threads --engine both":
    "Cannot use --accelerator threads with --engine both: use inline, whose vCPUs take turns",
  "--guest fedora":
    "Cannot use --guest fedora: use debian or debian-disk or lab",
  "--kernel=": "Cannot use --kernel=: it is empty",
  "--kernel a --guest lab":
    "Cannot use --kernel with --guest: give one of them",
  "--initrd a": "Cannot use --initrd alone: give --kernel or --guest too",
  "--exit-after=": "Cannot use --exit-after=: it is empty",
  "--time-limit 0":
    "Cannot use --time-limit 0: use a number of seconds from 0.001 to 2147483",
  "--time-limit 1e9":
    "Cannot use --time-limit 1e9: use a number of seconds from 0.001 to 2147483",
  "--time-limit soon":
    "Cannot use --time-limit soon: use a number of seconds from 0.001 to 2147483",
  "--console tty": "Cannot use --console tty: use stdio, file:PATH or none",
  "--console file:": "Cannot use --console file:: use stdio, file:PATH or none",
  "--monitor tcp:5555":
    "Cannot use --monitor tcp:5555: cannot parse monitor address, use unix:PATH, tcp:HOST:PORT, ws:127.0.0.1:PORT or stdio",
  "--monitor tcp:127.0.0.1:99999":
    "Cannot use --monitor tcp:127.0.0.1:99999: cannot use a port above 65535: 99999",
  "--monitor stdio --monitor stdio":
    "Cannot use --monitor stdio twice: give it once",
  "--monitor stdio --console stdio":
    "Cannot use --monitor stdio with --console stdio: use --console none or file:PATH",
  "--monitor ws:0.0.0.0:80":
    "Cannot use --monitor ws:0.0.0.0:80: WebSocket is served on loopback only, use ws:127.0.0.1:PORT",
  "--monitor tcp:0.0.0.0:80":
    "Cannot use --monitor tcp:0.0.0.0:80: beyond loopback give --monitor-token-file, --monitor-cert and --monitor-key",
  "--monitor tcp:0.0.0.0:80 --monitor-token-file t":
    "Cannot use --monitor tcp:0.0.0.0:80: beyond loopback give --monitor-token-file, --monitor-cert and --monitor-key",
  "--monitor tcp:127.0.0.1:80 --monitor-cert c":
    "Cannot use --monitor-cert alone: give --monitor-key too",
  "--monitor tcp:127.0.0.1:80 --monitor-key k":
    "Cannot use --monitor-key alone: give --monitor-cert too",
  "--monitor-token-file t":
    "Cannot use a token or certificate without --monitor tcp:HOST:PORT: give that too",
  "--drive=": "Cannot use --drive=: name a file",
  "--drive d,ro":
    'Cannot use --drive d,ro: behind a comma it takes readonly, serial=, queues=, virtio=, byte-order=, not "ro"',
  "--drive d,serial=123456789012345678901":
    "Cannot use --drive d,serial=123456789012345678901: use a serial of at most 20 ASCII characters",
  "--drive d,readonly,readonly":
    "Cannot use --drive d,readonly,readonly: give readonly once",
  "--drive d,readonly=yes":
    "Cannot use --drive d,readonly=yes: readonly takes no value",
  "--drive d,queues=65": "Cannot use --drive d,queues=65: use 1 to 64 queues",
  "--drive d,virtio=old":
    "Cannot use --drive d,virtio=old: for virtio, use legacy or transitional or modern",
  "--share host0": "Cannot use --share host0: use TAG=DIR",
  "--share =d": "Cannot use --share =d: use TAG=DIR",
  "--share t=a --share t=b":
    "Cannot use --share with the tag t twice: give each its own",
  "--net tap": "Cannot use --net tap: use user",
  "--net-dump f":
    "Cannot use --net-dump without a network: give --net user too",
  "--net user --net user --net-dump f":
    "Cannot use --net-dump with several networks: give --net once",
  "--device gpu":
    "Cannot use --device gpu: use rng, balloon, console or scsi,file=FILE",
  "--device scsi": "Cannot use --device scsi: use scsi,file=FILE",
  "--device console,port==file:x":
    "Cannot use --device console,port==file:x: give a port a name: port=NAME",
  "--device console,port=a=tcp:1":
    'Cannot use --device console,port=a=tcp:1: a port leads to file:PATH or unix:PATH, not "tcp:1"',
  "--virtio old":
    "Cannot use --virtio old: use legacy or transitional or modern",
  "--virtio-byte-order native":
    "Cannot use --virtio-byte-order native: use ile-at-reset or msr-at-reset or ile-live or target or big or little",
  "--start-paused --console none":
    "Cannot use --start-paused without a way to start the guest: give --monitor too",
};

for (const [line, message] of Object.entries(USAGE_ERRORS)) {
  Deno.test(`parseCommandLine() and settle() refuse ${line}`, () => {
    assert.throws(() => read(line), (error) => {
      assert.ok(error instanceof ExitError, `${error}`);
      assert.equal(error.message, message);
      assert.equal(error.status, 2);
      return true;
    });
  });
}

Deno.test("settle() refuses a socket path that gets too long when it is absolute", () => {
  const values = parseCommandLine(["--monitor", `unix:${"x".repeat(100)}`]);
  assert.throws(
    () => settle(values, HOME),
    /^ExitError: Cannot use --monitor unix:x+: Cannot use a socket path of more than 107 bytes: 109$/,
  );
});

Deno.test("settle() fills in defaults", () => {
  assert.deepEqual(read(""), {
    machine: {
      cpu: "power9",
      mmu: "radix",
      interruptController: "xive",
      memoryBytes: 2 ** 30,
      vcpus: 1,
      clock: "host",
    },
    guest: { kind: "default" },
    console: { kind: "stdio" },
    monitors: [],
    credentials: {},
    startPaused: false,
  });
});

Deno.test("settle() lets the rest follow the processor", () => {
  const power8 = read("--cpu power8").machine;
  assert.equal(power8.mmu, "hash");
  assert.equal(power8.interruptController, "xics");
  const mixed = read("--mmu hash --interrupt-controller xics").machine;
  assert.deepEqual([mixed.cpu, mixed.mmu, mixed.interruptController], [
    "power9",
    "hash",
    "xics",
  ]);
});

Deno.test("settle() takes every option", () => {
  const settings = read(
    "--kernel k --initrd=/i --append=-v_console=hvc0 --memory 1.5g --smp 8 " +
      "--lpcr-owner accelerator-poll --mistake no-synchronise " +
      "--mistake device-order --clock instructions --engine jit --console file:log --monitor unix:m.sock " +
      "--monitor tcp:localhost:5 --monitor ws:[::1]:6 --monitor stdio " +
      "--monitor-token-file t --monitor-cert c --monitor-key /k " +
      "--start-paused --exit-after READY --time-limit 1.5",
  );
  assert.deepEqual(settings, {
    machine: {
      cpu: "power9",
      mmu: "radix",
      interruptController: "xive",
      memoryBytes: 1.5 * 2 ** 30,
      vcpus: 8,
      clock: "instructions",
      engine: "jit",
      lpcrOwner: "accelerator-poll",
      mistakes: ["no-synchronise", "device-order"],
    },
    guest: { kind: "files", kernel: "/home/me/k" },
    initrd: "/i",
    append: "-v console=hvc0",
    console: { kind: "file", path: "/home/me/log" },
    monitors: [
      "unix:/home/me/m.sock",
      "tcp:127.0.0.1:5",
      "ws:[::1]:6",
      "stdio",
    ],
    credentials: {
      tokenFile: "/home/me/t",
      certFile: "/home/me/c",
      keyFile: "/k",
    },
    startPaused: true,
    exitAfter: "READY",
    timeLimit: 1.5,
  });
});

Deno.test("settle() collects devices, their paths absolute", () => {
  const { machine } = read(
    "--device rng --share t=d=e,readonly,virtio=modern " +
      "--drive a.img,serial=S_1,byte-order=big --drive /b,readonly " +
      "--device console,port=x,port=y=unix:s=1 --device scsi,file=c " +
      "--virtio legacy --virtio-byte-order msr-at-reset",
  );
  assert.deepEqual(machine.virtio, {
    form: "legacy",
    byteOrder: "msr-at-reset",
  });
  assert.deepEqual(machine.devices, [
    { kind: "blk", path: "/home/me/a.img", serial: "S 1", byteOrder: "big" },
    { kind: "blk", path: "/b", readonly: true },
    {
      kind: "p9",
      tag: "t",
      path: "/home/me/d=e",
      readonly: true,
      form: "modern",
    },
    { kind: "rng" },
    {
      kind: "console",
      ports: ["x", { name: "y", host: { kind: "unix", path: "/home/me/s=1" } }],
    },
    { kind: "scsi", path: "/home/me/c" },
  ]);
});

Deno.test("settle() leaves standard input and output to a monitor on them", () => {
  assert.deepEqual(read("--monitor stdio").console, { kind: "none" });
});

Deno.test("parseCommandLine() knows --help, -h and --version, behind a first -- too", () => {
  assert.deepEqual(parseCommandLine(["--help"]), { help: true });
  assert.deepEqual(parseCommandLine(["-h"]), { help: true });
  assert.deepEqual(parseCommandLine(["--", "--version"]), { version: true });
});

Deno.test("parseCommandLine() takes an empty command line for the kernel", () => {
  assert.deepEqual(parseCommandLine(["--append="]), { append: "" });
  assert.deepEqual(parseCommandLine(["--append", ""]), { append: "" });
});
