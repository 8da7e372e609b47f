/**
 * The messages of 9P2000.L: one row for each pair of request and reply, from
 * which types, parser and builder follow. A reply's type is its request's
 * plus 1.
 *
 * The protocol is described by its Linux client (`net/9p`), by diod's
 * `protocol.md`, and for what it shares with 9P2000 by intro(5) of Plan 9.
 *
 * @module
 */

/** Kinds of fields. */
export interface FieldValues {
  u8: number;
  u16: number;
  u32: number;
  /** 64 bits, exact. */
  u64: bigint;
  /** 64 bits as a number: Infinity above 2^53 - 1, which bounds refuse. */
  offset: number;
  /** A 16-bit length and UTF-8. */
  string: string;
  /** A 16-bit count, and strings. */
  strings: readonly string[];
  qid: Qid;
  /** A 16-bit count, and qids. */
  qids: readonly Qid[];
  /**
   * A 32-bit count of bytes that follow, always last. The value is the count:
   * the bytes stay where they are.
   */
  data: number;
}

/** What a field is. */
export type FieldKind = keyof FieldValues;

/** A message's fields in their order. */
export type Fields = Readonly<Record<string, FieldKind>>;

/** A message's values. */
export type ValuesOf<F extends Fields> = {
  readonly [K in keyof F]: FieldValues[F[K]];
};

/** What identifies a file: two files of a share never have the same. */
export interface Qid {
  /** Bits of `QID_TYPE`. */
  readonly type: number;
  /** Changes when the file does. */
  readonly version: number;
  readonly path: bigint;
}

const ATTRIBUTES = {
  mode: "u32",
  uid: "u32",
  gid: "u32",
} as const satisfies Fields;

const LOCK = {
  type: "u8",
  start: "u64",
  length: "u64",
  process: "u32",
  client: "string",
} as const satisfies Fields;

/** All messages, by the name that request and reply share. */
export const MESSAGES = {
  statfs: {
    type: 8,
    request: { fid: "u32" },
    reply: {
      type: "u32",
      blockSize: "u32",
      blocks: "u64",
      blocksFree: "u64",
      blocksAvailable: "u64",
      files: "u64",
      filesFree: "u64",
      fileSystem: "u64",
      nameLength: "u32",
    },
  },
  lopen: {
    type: 12,
    request: { fid: "u32", flags: "u32" },
    reply: { qid: "qid", ioUnit: "u32" },
  },
  lcreate: {
    type: 14,
    request: {
      fid: "u32",
      name: "string",
      flags: "u32",
      mode: "u32",
      gid: "u32",
    },
    reply: { qid: "qid", ioUnit: "u32" },
  },
  symlink: {
    type: 16,
    request: { folder: "u32", name: "string", target: "string", gid: "u32" },
    reply: { qid: "qid" },
  },
  mknod: {
    type: 18,
    request: {
      folder: "u32",
      name: "string",
      mode: "u32",
      major: "u32",
      minor: "u32",
      gid: "u32",
    },
    reply: { qid: "qid" },
  },
  rename: {
    type: 20,
    request: { fid: "u32", folder: "u32", name: "string" },
    reply: {},
  },
  readlink: {
    type: 22,
    request: { fid: "u32" },
    reply: { target: "string" },
  },
  getattr: {
    type: 24,
    request: { fid: "u32", mask: "u64" },
    reply: {
      valid: "u64",
      qid: "qid",
      ...ATTRIBUTES,
      links: "offset",
      device: "u64",
      size: "offset",
      blockSize: "offset",
      blocks: "offset",
      accessSeconds: "offset",
      accessNanoseconds: "offset",
      modifySeconds: "offset",
      modifyNanoseconds: "offset",
      changeSeconds: "offset",
      changeNanoseconds: "offset",
      birthSeconds: "offset",
      birthNanoseconds: "offset",
      generation: "u64",
      dataVersion: "u64",
    },
  },
  setattr: {
    type: 26,
    request: {
      fid: "u32",
      valid: "u32",
      ...ATTRIBUTES,
      size: "offset",
      accessSeconds: "offset",
      accessNanoseconds: "offset",
      modifySeconds: "offset",
      modifyNanoseconds: "offset",
    },
    reply: {},
  },
  xattrwalk: {
    type: 30,
    request: { fid: "u32", newFid: "u32", name: "string" },
    reply: { size: "offset" },
  },
  xattrcreate: {
    type: 32,
    request: { fid: "u32", name: "string", size: "offset", flags: "u32" },
    reply: {},
  },
  readdir: {
    type: 40,
    request: { fid: "u32", offset: "offset", count: "u32" },
    reply: { data: "data" },
  },
  fsync: {
    type: 50,
    request: { fid: "u32", dataOnly: "u32" },
    reply: {},
  },
  lock: {
    type: 52,
    request: {
      fid: "u32",
      type: "u8",
      flags: "u32",
      start: "u64",
      length: "u64",
      process: "u32",
      client: "string",
    },
    reply: { status: "u8" },
  },
  getlock: {
    type: 54,
    request: { fid: "u32", ...LOCK },
    reply: LOCK,
  },
  link: {
    type: 70,
    request: { folder: "u32", fid: "u32", name: "string" },
    reply: {},
  },
  mkdir: {
    type: 72,
    request: { folder: "u32", name: "string", mode: "u32", gid: "u32" },
    reply: { qid: "qid" },
  },
  renameat: {
    type: 74,
    request: {
      fromFolder: "u32",
      fromName: "string",
      folder: "u32",
      name: "string",
    },
    reply: {},
  },
  unlinkat: {
    type: 76,
    request: { folder: "u32", name: "string", flags: "u32" },
    reply: {},
  },
  version: {
    type: 100,
    request: { messageSize: "u32", version: "string" },
    reply: { messageSize: "u32", version: "string" },
  },
  auth: {
    type: 102,
    request: { fid: "u32", user: "string", tree: "string", uid: "u32" },
    reply: { qid: "qid" },
  },
  attach: {
    type: 104,
    request: {
      fid: "u32",
      authFid: "u32",
      user: "string",
      tree: "string",
      uid: "u32",
    },
    reply: { qid: "qid" },
  },
  flush: { type: 108, request: { oldTag: "u16" }, reply: {} },
  walk: {
    type: 110,
    request: { fid: "u32", newFid: "u32", names: "strings" },
    reply: { qids: "qids" },
  },
  read: {
    type: 116,
    request: { fid: "u32", offset: "offset", count: "u32" },
    reply: { data: "data" },
  },
  write: {
    type: 118,
    request: { fid: "u32", offset: "offset", data: "data" },
    reply: { count: "u32" },
  },
  clunk: { type: 120, request: { fid: "u32" }, reply: {} },
  remove: { type: 122, request: { fid: "u32" }, reply: {} },
} as const satisfies Readonly<
  Record<string, { type: number; request: Fields; reply: Fields }>
>;

/** Name of a pair of messages: "walk" for Twalk and Rwalk. */
export type MessageName = keyof typeof MESSAGES;

/** A request's values. */
export type Request<N extends MessageName> = ValuesOf<
  (typeof MESSAGES)[N]["request"]
>;

/** A reply's values. */
export type Reply<N extends MessageName> = ValuesOf<
  (typeof MESSAGES)[N]["reply"]
>;

/** The reply to every request that failed. */
export const ERROR_REPLY = {
  type: 7,
  fields: { errno: "u32" },
} as const satisfies { type: number; fields: Fields };

const NAMES: ReadonlyMap<number, MessageName> = new Map(
  (Object.keys(MESSAGES) as MessageName[])
    .map((name) => [MESSAGES[name].type, name]),
);

/** The message that a request's type means. */
export function messageName(type: number): MessageName | undefined {
  return NAMES.get(type);
}

/** Stands for "no fid". */
export const NO_FID = 0xffff_ffff;

/** Most names of one Twalk. */
export const MAX_WALK_NAMES = 16;
