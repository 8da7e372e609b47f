import assert from "node:assert/strict";
import type { EmulatorConfig } from "../../emulator/config.ts";
import { ExitError } from "../../emulator/exit_status.ts";
import { permissionFlags } from "../../launcher/permissions.ts";
import type { NetOptions } from "../../machine/virtio/options.ts";

const CONFIG: EmulatorConfig = {
  machine: {
    cpu: "power9",
    mmu: "radix",
    interruptController: "xive",
    memoryBytes: 2 ** 30,
    vcpus: 1,
    clock: "host",
  },
  kernel: { path: "/g/vmlinux", name: "vmlinux" },
  bootargs: "",
  console: { kind: "stdio" },
  monitors: [],
  credentials: {},
  startPaused: false,
};

/** The grants by name, without the project's own folders. */
function grants(changes: Partial<EmulatorConfig>) {
  const flags = permissionFlags({ ...CONFIG, ...changes });
  const project = new URL("../../", import.meta.url).pathname;
  return Object.fromEntries(flags.map((flag) => {
    const [, name = "", values = ""] = /^--allow-([a-z]+)=(.+)$/.exec(flag) ??
      [];
    return [
      name,
      values.split(",").filter((value) => !value.startsWith(project)),
    ];
  }));
}

Deno.test("permissionFlags() grants reading of the source and the kernel alone", () => {
  assert.deepEqual(grants({}), { read: ["/g/vmlinux"] });
  const [flag = ""] = permissionFlags(CONFIG);
  for (const name of ["cpu", "machine", "monitor", "emulator"]) {
    assert.match(flag, new RegExp(`/${name}(,|$)`));
  }
  for (const name of ["launcher", "guests", "main.ts", ".git"]) {
    assert.doesNotMatch(flag, new RegExp(`/${name}(,|$)`));
  }
});

Deno.test("permissionFlags() grants what each part needs", () => {
  assert.deepEqual(
    grants({
      initrd: { path: "/g/initrd", name: "initrd" },
      console: { kind: "file", path: "/out/log" },
      monitors: ["unix:/run/m.sock", "tcp:127.0.0.1:5", "ws:[::1]:6", "stdio"],
      credentials: { tokenFile: "/t", certFile: "/c", keyFile: "/k" },
    }),
    {
      read: ["/g/vmlinux", "/g/initrd", "/t", "/c", "/k", "/run/m.sock"],
      write: ["/out/log", "/run/m.sock"],
      net: ["unix:/run/m.sock", "127.0.0.1:5", "[::1]:6"],
    },
  );
});

Deno.test("permissionFlags() grants a network what it reaches, and none without", () => {
  const flagsOf = (...devices: NetOptions[]) =>
    permissionFlags({ ...CONFIG, machine: { ...CONFIG.machine, devices } })
      .filter((flag) => /^--allow-(net|write)/.test(flag));
  const user = { kind: "net", backend: "user" } as const;
  const restricted = { ...user, restrict: true };
  assert.deepEqual(flagsOf(), []);
  assert.deepEqual(flagsOf(restricted), []);
  assert.deepEqual(flagsOf({ ...user, dump: "/d/a.pcap" }), [
    "--allow-write=/d/a.pcap",
    "--allow-net",
  ]);
  const web = { protocol: "tcp", hostPort: 8080, guestPort: 80 } as const;
  const forwards = [web, {
    protocol: "udp",
    hostAddress: "0.0.0.0",
    hostPort: 0,
    guestPort: 53,
  }] as const;
  assert.deepEqual(flagsOf({ ...restricted, forwards }), [
    "--allow-net=127.0.0.1:8080,0.0.0.0:0",
  ]);
});

Deno.test("permissionFlags() grants what devices need, and no more", () => {
  const machine = {
    ...CONFIG.machine,
    devices: [
      { kind: "blk", path: "/d/a.img" },
      { kind: "scsi", path: "/d/b.img", readonly: true },
      { kind: "p9", tag: "t", path: "/s" },
      { kind: "p9", tag: "u", path: "/r", readonly: true },
      { kind: "rng" },
      {
        kind: "console",
        ports: [
          "nowhere",
          { name: "log", host: { kind: "file", path: "/p/log" } },
          { name: "agent", host: { kind: "unix", path: "/p/sock" } },
        ],
      },
    ],
  } as const;
  assert.deepEqual(grants({ machine }), {
    read: ["/g/vmlinux", "/d/a.img", "/d/b.img", "/s", "/r", "/p/sock"],
    write: ["/d/a.img", "/s", "/p/log", "/p/sock"],
    net: ["unix:/p/sock"],
    sys: ["statfs"],
  });
});

Deno.test("permissionFlags() refuses a comma, which would grant something else", () => {
  const changes: Partial<EmulatorConfig>[] = [
    { kernel: { path: "/g/a,/etc", name: "a" } },
    { initrd: { path: "/g/a,b", name: "b" } },
    { console: { kind: "file", path: "/out/a,b" } },
    { monitors: ["unix:/run/a,b"] },
    { credentials: { tokenFile: "/a,b" } },
    {
      machine: {
        ...CONFIG.machine,
        devices: [{ kind: "p9", tag: "t", path: "/a,b" }],
      },
    },
  ];
  for (const change of changes) {
    assert.throws(() => permissionFlags({ ...CONFIG, ...change }), (error) => {
      assert.ok(error instanceof ExitError);
      assert.equal(error.status, 2);
      assert.match(
        error.message,
        /^Cannot use a path with a comma, rename it: \//,
      );
      return true;
    });
  }
});
