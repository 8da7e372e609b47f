/**
 * Readers of the options that make devices. Each throws a SyntaxError whose
 * message says what to give instead.
 *
 * @module
 */
import type {
  BlkOptions,
  CommonDeviceOptions,
  DeviceOptions,
  PortOptions,
  ScsiOptions,
  ShareOptions,
} from "../machine/virtio/options.ts";
import { BYTE_ORDER_POLICIES } from "../virtio/byte_order.ts";
import { checkSerial } from "../virtio/blk/disk_options.ts";
import { oneOf } from "./read_value.ts";

/** Longest tag of a share, in bytes. */
const TAG_BYTES = 255;

const MAX_QUEUES = 64;

/** Reads the form that virtio devices have. */
export const virtioForm = oneOf("legacy", "transitional", "modern");

/** Reads who decides the byte order of virtio devices. */
export const byteOrderPolicy = oneOf(...BYTE_ORDER_POLICIES);

/** What stands behind a comma, by its name; one without value is "". */
export type Parts = Readonly<Record<string, readonly string[]>>;

const SWITCHES = ["readonly", "restrict"];
const REPEATABLE = ["port", "forward"];
const COMMON = ["virtio", "byte-order"];

/** Reads `FILE[,readonly][,serial=TEXT][,queues=NUMBER]`. */
export function drive(text: string): BlkOptions {
  const [path, parts] = split(text, ["readonly", "serial", "queues"]);
  if (path === "") throw new SyntaxError("name a file");
  const queues = value(parts, "queues");
  return {
    kind: "blk",
    path,
    ...disk(parts),
    ...queues !== undefined && { queues: queueCount(queues) },
    ...common(parts),
  };
}

/** Reads `TAG=DIR[,readonly]`. */
export function share(text: string): ShareOptions {
  const [first, parts] = split(text, ["readonly", "links"]);
  const [, tag = "", path = ""] = /^([^=]*)=(.*)$/s.exec(first) ?? [];
  if (tag === "" || path === "") throw new SyntaxError("use TAG=DIR");
  if (new TextEncoder().encode(tag).length > TAG_BYTES) {
    throw new SyntaxError(`use a tag of at most ${TAG_BYTES} bytes`);
  }
  const links = value(parts, "links");
  return {
    kind: "p9",
    tag,
    path,
    ...parts["readonly"] && { readonly: true },
    ...links !== undefined && { links: readPart("links", links, LINKS) },
    ...common(parts),
  };
}

const LINKS = oneOf("mapped");

/** Reads `NAME`, or `NAME=file:PATH` or `NAME=unix:PATH`. */
function portOption(text: string): string | PortOptions {
  const [name = "", ...rest] = text.split("=");
  if (name === "") throw new SyntaxError("give a port a name: port=NAME");
  if (rest.length === 0) return name;
  const [, kind, path] = /^(file|unix):(.+)$/s.exec(rest.join("=")) ?? [];
  if ((kind === "file" || kind === "unix") && path !== undefined) {
    return { name, host: { kind, path } };
  }
  throw new SyntaxError(
    `a port leads to file:PATH or unix:PATH, not "${rest.join("=")}"`,
  );
}

/** Reads `rng`, `balloon`, `console[,port=NAME[=HOST]]` or `scsi,file=FILE[...]`. */
export function device(text: string): DeviceOptions {
  const [name = ""] = text.split(",", 1);
  switch (name) {
    case "rng":
    case "balloon":
      return { kind: name, ...common(split(text, [])[1]) };
    case "console": {
      const [, parts] = split(text, ["port"]);
      const ports = parts["port"]?.map(portOption);
      return { kind: name, ...ports && { ports }, ...common(parts) };
    }
    case "scsi":
      return scsi(text);
  }
  throw new SyntaxError("use rng, balloon, console or scsi,file=FILE");
}

function scsi(text: string): ScsiOptions {
  const [, parts] = split(text, ["file", "readonly", "serial"]);
  const path = value(parts, "file");
  if (!path) throw new SyntaxError("use scsi,file=FILE");
  return { kind: "scsi", path, ...disk(parts), ...common(parts) };
}

function disk(parts: Parts): { readonly?: true; serial?: string } {
  const serial = value(parts, "serial");
  if (serial !== undefined) {
    try {
      checkSerial(serial);
    } catch {
      throw new SyntaxError("use a serial of at most 20 ASCII characters");
    }
  }
  return {
    ...parts["readonly"] && { readonly: true },
    ...serial !== undefined && { serial },
  };
}

/** What every device can choose. */
export function common(parts: Parts): CommonDeviceOptions {
  const form = value(parts, "virtio");
  const order = value(parts, "byte-order");
  return {
    ...form !== undefined && { form: readPart("virtio", form, virtioForm) },
    ...order !== undefined &&
      { byteOrder: readPart("byte-order", order, byteOrderPolicy) },
  };
}

function queueCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= MAX_QUEUES) return count;
  throw new SyntaxError(`use 1 to ${MAX_QUEUES} queues`);
}

/** The text before the first comma, and the settings behind it. */
export function split(text: string, own: readonly string[]): [string, Parts] {
  const [first = "", ...settings] = text.split(",");
  const known = [...own, ...COMMON];
  const parts: Record<string, string[]> = {};
  for (const setting of settings) {
    const [name = ""] = setting.split("=", 1);
    const isSwitch = SWITCHES.includes(name);
    if (!known.includes(name)) {
      const list = known.map((name) =>
        SWITCHES.includes(name) ? name : `${name}=`
      );
      throw new SyntaxError(
        `behind a comma it takes ${list.join(", ")}, not "${setting}"`,
      );
    }
    if (isSwitch === setting.includes("=")) {
      throw new SyntaxError(
        isSwitch ? `${name} takes no value` : `give a value: ${name}=`,
      );
    }
    if (parts[name] && !REPEATABLE.includes(name)) {
      throw new SyntaxError(`give ${name} once`);
    }
    (parts[name] ??= []).push(setting.slice(name.length + 1));
  }
  return [first, parts];
}

/** The value of a part, the first of those that were given. */
export function value(parts: Parts, name: string): string | undefined {
  return parts[name]?.[0];
}

function readPart<T>(name: string, text: string, read: (text: string) => T): T {
  try {
    return read(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new SyntaxError(`for ${name}, ${error.message}`);
  }
}
