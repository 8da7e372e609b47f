import {
  buildMessage,
  bytesBeforeData,
  HEADER_BYTES,
  parseEntries,
  parseFields,
  parseHeader,
} from "../../../virtio/p9/codec.ts";
import { ERRNO, type ErrnoName } from "../../../virtio/p9/errno.ts";
import {
  ERROR_REPLY,
  type Fields,
  type MessageName,
  MESSAGES,
  NO_FID,
  type Reply,
  type Request,
} from "../../../virtio/p9/message.ts";
import {
  type Exchange,
  P9Server,
  type ServerOptions,
} from "../../../virtio/p9/server.ts";

/** An Rlerror. */
export class ReplyError extends Error {
  readonly errno: number;

  constructor(errno: number, context: string) {
    const name = Object.entries(ERRNO).find(([, value]) => value === errno)
      ?.[0] ?? String(errno);
    super(`${context}: ${name}`);
    this.errno = errno;
  }
}

/** For `assert.throws()`: an Rlerror of that name. */
export function refusal(name: ErrnoName): (error: unknown) => boolean {
  return (error) => {
    if (error instanceof ReplyError && error.errno === ERRNO[name]) return true;
    throw new Error(`Expected ${name}, got ${error}`);
  };
}

/** A request and its reply in two pieces of memory. */
export class MemoryExchange implements Exchange {
  readonly room: number;
  readonly #request: Uint8Array;
  readonly #reply: Uint8Array;
  #at = 0;

  constructor(request: Uint8Array, room: number) {
    this.#request = request;
    this.#reply = new Uint8Array(room);
    this.room = room;
  }

  get remaining(): number {
    return this.#request.length - this.#at;
  }

  take(bytes: number): Uint8Array {
    return this.#next(bytes).slice();
  }

  /** In two pieces, as guests' buffers are. */
  takeViews(bytes: number): Uint8Array[] {
    return halves(this.#next(bytes));
  }

  place(bytes: number): Uint8Array[] {
    if (11 + bytes > this.room) throw new RangeError(`No room for ${bytes}`);
    return halves(this.#reply.subarray(11, 11 + bytes));
  }

  put(bytes: Uint8Array): void {
    this.#reply.set(bytes);
  }

  reply(length: number): Uint8Array {
    return this.#reply.subarray(0, length);
  }

  #next(bytes: number): Uint8Array {
    if (bytes > this.remaining) throw new RangeError(`No ${bytes} bytes`);
    this.#at += bytes;
    return this.#request.subarray(this.#at - bytes, this.#at);
  }
}

function halves(bytes: Uint8Array): Uint8Array[] {
  const middle = bytes.length >>> 1;
  return [bytes.subarray(0, middle), bytes.subarray(middle)];
}

/** A server's answer to a request as bytes. */
export function answer(
  server: P9Server,
  request: Uint8Array,
  room = 1 << 20,
): Uint8Array {
  const exchange = new MemoryExchange(request, room);
  return exchange.reply(server.answer(exchange));
}

const TEXT = new TextEncoder();

/** A client of a server, without a guest. */
export class Client {
  readonly server: P9Server;
  /** Data of the last reply. */
  data: Uint8Array = new Uint8Array();
  #fid = 1;
  #tag = 0;

  constructor(options: ServerOptions) {
    this.server = new P9Server({
      onFailure: (error) => {
        throw new Error("The server failed", { cause: error });
      },
      ...options,
    });
  }

  /** A client that has agreed on a version and attached fid 0. */
  static attached(options: ServerOptions, messageSize = 1 << 20): Client {
    const client = new Client(options);
    client.call("version", { messageSize, version: "9P2000.L" });
    client.attach(0);
    return client;
  }

  attach(fid: number, tree = ""): Reply<"attach"> {
    return this.call("attach", {
      fid,
      authFid: NO_FID,
      user: "root",
      tree,
      uid: 0,
    });
  }

  /** Sends a request and gives its reply. Throws ReplyError. */
  call<N extends MessageName>(
    name: N,
    values: Request<N>,
    data: Uint8Array = new Uint8Array(),
  ): Reply<N> {
    const tag = this.#tag++ & 0xffff;
    const { type, request, reply } = MESSAGES[name];
    const head = buildMessage({ type, tag }, request as Fields, values);
    const message = new Uint8Array([...head]);
    const whole = new Uint8Array(message.length + data.length);
    whole.set(message);
    whole.set(data, message.length);
    const bytes = answer(this.server, whole);
    const header = parseHeader(bytes);
    if (header.tag !== tag || header.size !== bytes.length) {
      throw new Error(`Bad reply to T${name}: ${JSON.stringify(header)}`);
    }
    if (header.type === ERROR_REPLY.type) {
      const body = bytes.subarray(HEADER_BYTES);
      const { errno } = parseFields(ERROR_REPLY.fields, body);
      throw new ReplyError(errno, `T${name}`);
    }
    if (header.type !== type + 1) throw new Error(`Bad type: ${header.type}`);
    const end = bytesBeforeData(reply) ?? bytes.length;
    this.data = bytes.subarray(end);
    return parseFields(
      reply as Fields,
      bytes.subarray(HEADER_BYTES, end),
      this.data.length,
    ) as Reply<N>;
  }

  /** A new fid for a path from the attached one. Throws for half a way. */
  walk(path = "", from = 0): number {
    const fid = this.#fid++;
    const names = path.split("/").filter((name) => name !== "");
    const { qids } = this.call("walk", { fid: from, newFid: fid, names });
    if (qids.length < names.length) throw new ReplyError(ERRNO.ENOENT, path);
    return fid;
  }

  open(path: string, flags = 0): number {
    const fid = this.walk(path);
    this.call("lopen", { fid, flags });
    return fid;
  }

  /** Creates a file in a folder and gives the open fid. */
  create(
    path: string,
    { flags = 2, mode = 0o644 }: { flags?: number; mode?: number } = {},
  ): number {
    const { folder, name } = this.#split(path);
    this.call("lcreate", { fid: folder, name, flags, mode, gid: 0 });
    return folder;
  }

  mkdir(path: string, mode = 0o755): Reply<"mkdir"> {
    const { folder, name } = this.#split(path);
    const reply = this.call("mkdir", { folder, name, mode, gid: 0 });
    this.clunk(folder);
    return reply;
  }

  symlink(path: string, target: string): Reply<"symlink"> {
    const { folder, name } = this.#split(path);
    try {
      return this.call("symlink", { folder, name, target, gid: 0 });
    } finally {
      this.clunk(folder);
    }
  }

  rename(from: string, to: string): void {
    const old = this.#split(from);
    const { folder, name } = this.#split(to);
    try {
      this.call("renameat", {
        fromFolder: old.folder,
        fromName: old.name,
        folder,
        name,
      });
    } finally {
      this.clunk(old.folder);
      this.clunk(folder);
    }
  }

  unlink(path: string, flags = 0): void {
    const { folder, name } = this.#split(path);
    try {
      this.call("unlinkat", { folder, name, flags });
    } finally {
      this.clunk(folder);
    }
  }

  clunk(fid: number): void {
    this.call("clunk", { fid });
  }

  getattr(fid: number): Reply<"getattr"> {
    return this.call("getattr", { fid, mask: 0x7ffn });
  }

  /** Attributes by path. */
  stat(path: string): Reply<"getattr"> {
    const fid = this.walk(path);
    try {
      return this.getattr(fid);
    } finally {
      this.clunk(fid);
    }
  }

  setattr(
    fid: number,
    valid: number,
    values: Partial<Request<"setattr">> = {},
  ): void {
    this.call("setattr", {
      fid,
      valid,
      mode: 0,
      uid: 0xffff_ffff,
      gid: 0xffff_ffff,
      size: 0,
      accessSeconds: 0,
      accessNanoseconds: 0,
      modifySeconds: 0,
      modifyNanoseconds: 0,
      ...values,
    });
  }

  readlink(path: string): string {
    const fid = this.walk(path);
    try {
      return this.call("readlink", { fid }).target;
    } finally {
      this.clunk(fid);
    }
  }

  read(fid: number, offset = 0, count = 65536): Uint8Array {
    this.call("read", { fid, offset, count });
    return this.data.slice();
  }

  write(fid: number, content: string | Uint8Array, offset = 0): number {
    const bytes = typeof content === "string" ? TEXT.encode(content) : content;
    const values = { fid, offset, data: bytes.length };
    return this.call("write", values, bytes).count;
  }

  /** A whole file by path. */
  readFile(path: string): string {
    const fid = this.open(path);
    const bytes = this.read(fid);
    this.clunk(fid);
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  }

  writeFile(path: string, content: string): void {
    const fid = this.create(path, { flags: 0o1 });
    this.write(fid, content);
    this.clunk(fid);
  }

  /** All entries of an open folder from an offset on. */
  entries(fid: number, offset = 0, count = 65536) {
    const all = [];
    for (;;) {
      this.call("readdir", { fid, offset, count });
      const some = parseEntries(this.data);
      if (some.length === 0) return all;
      all.push(...some);
      offset = some.at(-1)?.offset ?? 0;
    }
  }

  /** Names in a folder, without dots, sorted. */
  list(path: string): string[] {
    const fid = this.open(path);
    const names = this.entries(fid).map(({ name }) => name);
    this.clunk(fid);
    return names.filter((name) => name !== "." && name !== "..").sort();
  }

  #split(path: string): { folder: number; name: string } {
    const names = path.split("/");
    const name = names.pop() ?? "";
    return { folder: this.walk(names.join("/")), name };
  }
}
