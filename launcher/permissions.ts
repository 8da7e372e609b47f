import { fileURLToPath } from "node:url";
import type { EmulatorConfig } from "../emulator/config.ts";
import { ExitError } from "../emulator/exit_status.ts";
import type {
  DeviceOptions,
  NetOptions,
  PortOptions,
} from "../machine/virtio/options.ts";
import { LOOPBACK } from "../virtio/net/user/network.ts";
import { formatHost, parseAddress } from "../monitor/address.ts";

/**
 * The parts of the source that the emulator loads while it runs: its worker is
 * read from the file system like any other file.
 */
const SOURCES = [
  "cpu",
  "emulator",
  "machine",
  "monitor",
  "virtio",
  "deno.json",
];

interface Grants {
  read: string[];
  write: string[];
  net: string[];
  sys: string[];
}

/** All that there is: a flag without values. */
const EVERYTHING = "*";

/**
 * The permissions of a run, as flags of `deno run`: just those that it needs.
 *
 * @throws {ExitError} If a path cannot be written in a flag
 */
export function permissionFlags(config: EmulatorConfig): string[] {
  const { machine, kernel, initrd, console, monitors, credentials } = config;
  const grants: Grants = { read: sources(), write: [], net: [], sys: [] };
  grants.read.push(kernel.path, ...initrd ? [initrd.path] : []);
  grants.read.push(...Object.values(credentials));
  if (console.kind === "file") grants.write.push(console.path);
  for (const address of monitors) grantMonitor(address, grants);
  for (const device of machine.devices ?? []) grantDevice(device, grants);
  return Object.entries(grants).flatMap(([name, values]) => {
    if (values.length === 0) return [];
    if (values.includes(EVERYTHING)) return [`--allow-${name}`];
    for (const value of values) checkValue(value);
    return [`--allow-${name}=${[...new Set(values)].join(",")}`];
  });
}

function sources(): string[] {
  return SOURCES.map((name) =>
    fileURLToPath(new URL(`../${name}`, import.meta.url))
  );
}

function grantMonitor(text: string, { read, write, net }: Grants): void {
  const address = parseAddress(text);
  switch (address.transport) {
    case "stdio":
      return;
    case "unix":
      return grantSocket(address.path, { read, write, net });
    case "tcp":
    case "ws":
      net.push(`${formatHost(address.host)}:${address.port}`);
  }
}

/** Deno 2.9 wants all three for a socket. */
function grantSocket(
  path: string,
  { read, write, net }: Omit<Grants, "sys">,
): void {
  net.push(`unix:${path}`);
  read.push(path);
  write.push(path);
}

function grantPort(port: string | PortOptions, grants: Grants): void {
  const host = typeof port === "string" ? undefined : port.host;
  if (host?.kind === "file") grants.write.push(host.path);
  if (host?.kind === "unix") grantSocket(host.path, grants);
}

function grantDevice(device: DeviceOptions, grants: Grants): void {
  const { read, write, sys } = grants;
  if (device.kind === "console") {
    for (const port of device.ports ?? []) grantPort(port, grants);
  }
  if (device.kind === "net") grantNetwork(device, grants);
  if (!("path" in device)) return;
  read.push(device.path);
  if (!device.readonly) write.push(device.path);
  // How full the file system is that a share is on.
  if (device.kind === "p9") sys.push("statfs");
}

/**
 * A guest may talk to any place, unless its network is restricted; then there
 * are the forwarded ports alone.
 */
function grantNetwork(
  { restrict = false, forwards = [], dump }: NetOptions,
  { write, net }: Grants,
): void {
  if (dump !== undefined) write.push(dump);
  if (!restrict) {
    net.push(EVERYTHING);
    return;
  }
  for (const { hostAddress = LOOPBACK, hostPort } of forwards) {
    net.push(`${hostAddress}:${hostPort}`);
  }
}

/** A comma would split the grant in two, and cannot be escaped. */
function checkValue(value: string): void {
  if (!value.includes(",")) return;
  throw ExitError.usage(
    `Cannot use a path with a comma, rename it: ${value.replace(/^unix:/, "")}`,
  );
}
