import { resolve } from "node:path";
import { withNameserver } from "../emulator/nameserver.ts";
import type {
  ConsoleOptions,
  DeviceOptions,
} from "../machine/virtio/options.ts";
import type { MachineChoice } from "../emulator/config.ts";
import { ExitError, messageOf } from "../emulator/exit_status.ts";
import type { Values } from "./options.ts";

/**
 * Collects the devices in the order in which they come on the bus: drives,
 * shares, network cards, others.
 *
 * @throws {ExitError} If two shares have one tag, or a dump no one network
 */
export function settleDevices(
  values: Values,
  folder: string,
): Pick<MachineChoice, "devices" | "virtio"> {
  const { drive = [], share = [], net = [], device = [] } = values;
  const { virtio: form, "virtio-byte-order": byteOrder } = values;
  const tags = share.map(({ tag }) => tag);
  const twice = tags.find((tag, at) => tags.indexOf(tag) !== at);
  if (twice !== undefined) {
    throw ExitError.usage(
      `Cannot use --share with the tag ${twice} twice: give each its own`,
    );
  }
  const dump = values["net-dump"];
  if (dump !== undefined && net.length !== 1) {
    throw ExitError.usage(
      net.length === 0
        ? "Cannot use --net-dump without a network: give --net user too"
        : "Cannot use --net-dump with several networks: give --net once",
    );
  }
  const networks = net.map((options) => ({
    ...options,
    ...dump !== undefined && { dump: resolve(folder, dump) },
  }));
  const devices = [...drive, ...share, ...networks, ...device].map(
    (options) => {
      if (options.kind === "console") return withPortPaths(options, folder);
      return "path" in options
        ? { ...options, path: resolve(folder, options.path) }
        : options;
    },
  );
  const virtio = { ...form && { form }, ...byteOrder && { byteOrder } };
  return {
    ...devices.length > 0 && { devices },
    ...Object.keys(virtio).length > 0 && { virtio },
  };
}

function withPortPaths(
  { ports, ...options }: ConsoleOptions,
  folder: string,
): ConsoleOptions {
  const settled = ports?.map((port) => {
    if (typeof port === "string" || port.host === undefined) return port;
    const { name, host } = port;
    return { name, host: { ...host, path: resolve(folder, host.path) } };
  });
  return { ...options, ...settled && { ports: settled } };
}

/**
 * Finds the files and folders that devices show to the guest, links followed
 * (what a link leads to later is not what was asked for), and the server that
 * the host asks for names.
 *
 * @throws {ExitError} If one is not there, or something else
 */
export function findDeviceFiles(machine: MachineChoice): MachineChoice {
  const { devices } = machine;
  if (devices === undefined) return machine;
  return { ...machine, devices: devices.map(asFound) };
}

function asFound(options: DeviceOptions): DeviceOptions {
  if (options.kind === "net") return withNameserver(options);
  if (!("path" in options)) return options;
  const { kind, path } = options;
  const option = OPTION_OF[kind];
  const refuse = (reason: string) =>
    ExitError.usage(`Cannot use ${option} ${path}: ${reason}`);
  let info: Deno.FileInfo;
  let real: string;
  try {
    real = Deno.realPathSync(path);
    info = Deno.statSync(real);
  } catch (error) {
    const missing = error instanceof Deno.errors.NotFound;
    throw refuse(missing ? "there is no such file" : messageOf(error));
  }
  if (kind === "p9") {
    if (!info.isDirectory) throw refuse("it is not a folder");
  } else if (info.isDirectory) {
    throw refuse("it is a folder, name a file");
  } else if (!info.isFile && info.isBlockDevice !== true) {
    throw refuse("it is not a regular file");
  }
  return { ...options, path: real };
}

const OPTION_OF = {
  blk: "--drive",
  p9: "--share",
  scsi: "--device scsi",
} as const;
