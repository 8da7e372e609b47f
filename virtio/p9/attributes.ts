/**
 * Attributes of files: Tgetattr and Tsetattr.
 *
 * @module
 */
import { fchmodSync, ftruncateSync, futimesSync, lutimesSync } from "node:fs";
import { changePermissions, truncate } from "./change.ts";
import { P9Error } from "./errno.ts";
import type { Fid } from "./fid.ts";
import { filePermissions, isFile, isFolder, isLink } from "./file_mode.ts";
import type { Handlers } from "./handler.ts";
import type { HostAttributes } from "./host_attributes.ts";
import type { Reply, Request } from "./message.ts";
import type { OpenFile } from "./open_file.ts";
import type { Share } from "./share.ts";

/** Bits of an Rgetattr's `valid`: P9_GETATTR_BASIC, and the time of birth. */
const BASIC = 0x7ffn;
const BIRTH_TIME = 0x800n;

/** Bits of a Tsetattr's `valid`. */
export const SET = {
  mode: 0x1,
  uid: 0x2,
  gid: 0x4,
  size: 0x8,
  accessTime: 0x10,
  modifyTime: 0x20,
  changeTime: 0x40,
  accessTimeGiven: 0x80,
  modifyTimeGiven: 0x100,
} as const;

const KNOWN = Object.values(SET).reduce((mask, bit) => mask | bit, 0);

/** Stands for "as it is" in place of an owner. */
const NO_ID = 0xffff_ffff;

export const attributeHandlers = {
  getattr(share, { fid }) {
    return attributesReply(share, share.attributes(share.fids.get(fid)));
  },

  setattr(share, request) {
    share.checkWritable();
    const fid = share.fids.get(request.fid);
    const { valid } = request;
    if ((valid & ~KNOWN) !== 0) {
      throw new P9Error("EINVAL", `Cannot change file: unknown bits: ${valid}`);
    }
    const before = share.attributes(fid);
    // All that can be refused is refused before anything is changed.
    checkOwner(request, before);
    checkSize(request, before);
    if ((valid & SET.mode) !== 0 && isLink(before)) {
      throw new P9Error("EOPNOTSUPP", "Cannot change mode: a symbolic link");
    }
    const times = newTimes(request, before);
    const place = placeOf(share, fid);
    if ((valid & SET.size) !== 0) changeSize(place, request.size);
    if ((valid & SET.mode) !== 0) changeMode(place, request.mode);
    if (times !== undefined) changeTimes(place, times);
    return {};
  },
} satisfies Pick<Handlers, "getattr" | "setattr">;

function attributesReply(
  share: Share,
  attributes: HostAttributes,
): Reply<"getattr"> {
  const { accessed, modified, changed, born } = attributes;
  return {
    valid: born === undefined ? BASIC : BASIC | BIRTH_TIME,
    qid: share.qid(attributes),
    mode: attributes.mode,
    uid: attributes.uid,
    gid: attributes.gid,
    links: attributes.links,
    device: BigInt(attributes.specialDevice),
    size: attributes.size,
    blockSize: attributes.blockSize,
    blocks: attributes.blocks,
    accessSeconds: seconds(accessed),
    accessNanoseconds: nanoseconds(accessed),
    modifySeconds: seconds(modified),
    modifyNanoseconds: nanoseconds(modified),
    changeSeconds: seconds(changed),
    changeNanoseconds: nanoseconds(changed),
    birthSeconds: seconds(born ?? 0),
    birthNanoseconds: nanoseconds(born ?? 0),
    generation: 0n,
    dataVersion: 0n,
  };
}

/** The protocol's times are unsigned: there is none before 1970. */
function seconds(milliseconds: number): number {
  return Math.max(0, Math.floor(milliseconds / 1000));
}

function nanoseconds(milliseconds: number): number {
  return Math.max(0, Math.floor(milliseconds % 1000)) * 1_000_000;
}

/**
 * Files belong to whoever runs the emulator, and only root of the host may
 * give them away: what is not the owner already cannot be. EPERM is what a
 * guest gets from an NFS server in that case too.
 */
function checkOwner(
  { valid, uid, gid }: Request<"setattr">,
  before: HostAttributes,
): void {
  const stays = (bit: number, id: number, has: number) =>
    (valid & bit) === 0 || id === NO_ID || id === has;
  if (!stays(SET.uid, uid, before.uid) || !stays(SET.gid, gid, before.gid)) {
    throw new P9Error(
      "EPERM",
      `Cannot change owner: stays ${before.uid}:${before.gid}`,
    );
  }
}

function checkSize(
  { valid, size }: Request<"setattr">,
  before: HostAttributes,
): void {
  if ((valid & SET.size) === 0) return;
  if (isFolder(before)) {
    throw new P9Error("EISDIR", "Cannot change size: a folder");
  }
  if (!isFile(before)) {
    throw new P9Error("EINVAL", "Cannot change size: not a file");
  }
  if (!Number.isSafeInteger(size)) {
    throw new P9Error("EFBIG", `Cannot change size: ${size}`);
  }
}

/** Milliseconds since 1970. */
interface Times {
  readonly accessed: number;
  readonly modified: number;
}

function newTimes(
  request: Request<"setattr">,
  before: HostAttributes,
): Times | undefined {
  const { valid } = request;
  const now = Date.now();
  if ((valid & (SET.accessTime | SET.modifyTime)) === 0) return undefined;
  const time = (
    { changes, given, value, old }: {
      changes: number;
      given: number;
      value: number;
      old: number;
    },
  ) => {
    if ((valid & changes) === 0) return old;
    return (valid & given) === 0 ? now : value;
  };
  const accessed = time({
    changes: SET.accessTime,
    given: SET.accessTimeGiven,
    value: milliseconds(request.accessSeconds, request.accessNanoseconds),
    old: before.accessed,
  });
  const modified = time({
    changes: SET.modifyTime,
    given: SET.modifyTimeGiven,
    value: milliseconds(request.modifySeconds, request.modifyNanoseconds),
    old: before.modified,
  });
  for (const value of [accessed, modified]) {
    // Beyond the range of Date; a time before 1970 is a huge number here.
    if (!(value <= 8.64e15)) {
      throw new P9Error("EINVAL", `Cannot change times: ${value} ms`);
    }
  }
  return { accessed, modified };
}

function milliseconds(seconds: number, nanoseconds: number): number {
  return seconds * 1000 + Math.floor(nanoseconds / 1_000_000);
}

/** Where to change something: through a handle, or by path. */
type Place =
  | { readonly file: OpenFile }
  | { readonly share: Share; readonly names: readonly string[] };

function placeOf(share: Share, fid: Fid): Place {
  const file = share.openFileOf(fid);
  return file ? { file } : { share, names: share.tree.namesOf(fid.node) };
}

function changeSize(place: Place, size: number): void {
  if (!("file" in place)) truncate(place.share.guard, place.names, size);
  else if (place.file.writable) ftruncateSync(place.file.descriptor, size);
  else throw new P9Error("EBADF", "Cannot change size: not open for writing");
}

function changeMode(place: Place, mode: number): void {
  if ("file" in place) {
    fchmodSync(place.file.descriptor, filePermissions(mode));
  } else changePermissions(place.share.guard, place.names, mode);
}

function changeTimes(place: Place, { accessed, modified }: Times): void {
  const times = [new Date(accessed), new Date(modified)] as const;
  if ("file" in place) {
    futimesSync(place.file.descriptor, ...times);
  } else {
    const { share, names } = place;
    const change = (path: string) => lutimesSync(path, ...times);
    if (names.length === 0) share.guard.inside(names, change);
    else share.guard.at(names, change);
  }
}
