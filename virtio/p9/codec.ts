/**
 * 9P messages as bytes. The protocol is little-endian, whatever the order of
 * the guest and of the device that carries it.
 *
 * @module
 */
import { BytesReader, BytesWriter, type OrderSource } from "../accessor.ts";
import { P9Error } from "./errno.ts";
import {
  type FieldKind,
  type Fields,
  type FieldValues,
  MAX_WALK_NAMES,
  type Qid,
  type ValuesOf,
} from "./message.ts";

const PROTOCOL_ORDER: OrderSource = { little: true };

/** Size, type and tag, with which every message begins. */
export const HEADER_BYTES = 7;

/** Bytes of an Rlerror, and of what comes before an Rread's data. */
export const SHORT_REPLY_BYTES = 11;

const QID_BYTES = 13;

/** Bytes of kinds that always have the same. */
const KIND_BYTES: Readonly<Partial<Record<FieldKind, number>>> = {
  u8: 1,
  u16: 2,
  u32: 4,
  u64: 8,
  offset: 8,
  qid: QID_BYTES,
  data: 4,
};

/** How a message begins. */
export interface Header {
  /** Of the whole message. */
  readonly size: number;
  readonly type: number;
  /** By which the client knows the reply. */
  readonly tag: number;
}

/** Reads the first 7 bytes of a message. */
export function parseHeader(bytes: Uint8Array): Header {
  const reader = new BytesReader(bytes, PROTOCOL_ORDER);
  need(reader, HEADER_BYTES);
  return { size: reader.u32(), type: reader.u8(), tag: reader.u16() };
}

/**
 * Bytes of a message before its data, header included; undefined for a
 * message that has no data.
 */
export function bytesBeforeData(fields: Fields): number | undefined {
  const kinds = Object.values(fields);
  if (kinds.at(-1) !== "data") return undefined;
  return kinds.reduce(
    (sum, kind) => sum + (KIND_BYTES[kind] ?? 0),
    HEADER_BYTES,
  );
}

/**
 * Reads what comes after the header, as far as the data, of which there are
 * `dataBytes`. Throws P9Error where the bytes are not the fields' values.
 */
export function parseFields<F extends Fields>(
  fields: F,
  body: Uint8Array,
  dataBytes = 0,
): ValuesOf<F> {
  const reader = new BytesReader(body, PROTOCOL_ORDER);
  const values: Record<string, unknown> = {};
  for (const [name, kind] of Object.entries(fields)) {
    values[name] = parseField(reader, kind, dataBytes);
  }
  const stray = reader.remaining +
    (bytesBeforeData(fields) === undefined ? dataBytes : 0);
  if (stray > 0) {
    throw new P9Error(
      "EPROTO",
      `Cannot parse message: ${stray} bytes too many`,
    );
  }
  return values as ValuesOf<F>;
}

/** A whole message but for its data, which `data`'s value counts. */
export function buildMessage<F extends Fields>(
  { type, tag }: { type: number; tag: number },
  fields: F,
  values: ValuesOf<F>,
): Uint8Array<ArrayBuffer> {
  const writer = new BytesWriter(PROTOCOL_ORDER);
  writer.u32(0);
  writer.u8(type);
  writer.u16(tag);
  let dataBytes = 0;
  for (const [name, kind] of Object.entries(fields)) {
    const value = values[name];
    if (kind === "data") dataBytes = value as number;
    BUILDERS[kind](writer, value as never);
  }
  const message = writer.written;
  const size = new BytesWriter(PROTOCOL_ORDER);
  size.u32(message.length + dataBytes);
  message.set(size.written);
  return message;
}

/** An entry of an Rreaddir. */
export interface DirectoryEntry {
  readonly qid: Qid;
  /** Where the next entry begins, for the next Treaddir. */
  readonly offset: number;
  /** Linux's DT_ number. */
  readonly type: number;
  readonly name: string;
}

const ENTRY = {
  qid: "qid",
  offset: "offset",
  type: "u8",
  name: "string",
} as const satisfies Fields;

/** An entry as bytes. */
export function buildEntry(entry: DirectoryEntry): Uint8Array<ArrayBuffer> {
  const writer = new BytesWriter(PROTOCOL_ORDER);
  for (const [name, kind] of Object.entries(ENTRY)) {
    BUILDERS[kind](writer, entry[name as keyof DirectoryEntry] as never);
  }
  return writer.written;
}

/** All entries of an Rreaddir's data. Throws P9Error. */
export function parseEntries(bytes: Uint8Array): DirectoryEntry[] {
  const reader = new BytesReader(bytes, PROTOCOL_ORDER);
  const entries: DirectoryEntry[] = [];
  while (reader.remaining > 0) {
    entries.push({
      qid: parseField(reader, "qid"),
      offset: parseField(reader, "offset"),
      type: parseField(reader, "u8"),
      name: parseField(reader, "string"),
    });
  }
  return entries;
}

type Parser<K extends FieldKind> = (
  reader: BytesReader,
  dataBytes: number,
) => FieldValues[K];

const PARSERS: { readonly [K in FieldKind]: Parser<K> } = {
  u8: (reader) => reader.u8(),
  u16: (reader) => reader.u16(),
  u32: (reader) => reader.u32(),
  u64: (reader) => reader.u64(),
  offset: (reader) => reader.u64Number(),
  string: parseString,
  strings: (reader) => {
    const count = parseField(reader, "u16");
    if (count > MAX_WALK_NAMES) {
      throw new P9Error("EINVAL", `Cannot parse message: ${count} names`);
    }
    return Array.from({ length: count }, () => parseString(reader));
  },
  qid: (reader) => ({
    type: reader.u8(),
    version: reader.u32(),
    path: reader.u64(),
  }),
  qids: (reader) => {
    const count = parseField(reader, "u16");
    return Array.from({ length: count }, () => parseField(reader, "qid"));
  },
  data: (reader, dataBytes) => {
    const count = reader.u32();
    if (count !== dataBytes) {
      throw new P9Error(
        "EPROTO",
        `Cannot parse message: ${count} bytes of data are ${dataBytes}`,
      );
    }
    return count;
  },
};

function parseField<K extends FieldKind>(
  reader: BytesReader,
  kind: K,
  dataBytes = 0,
): FieldValues[K] {
  need(reader, KIND_BYTES[kind] ?? 0);
  return PARSERS[kind](reader, dataBytes);
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function parseString(reader: BytesReader): string {
  const length = parseField(reader, "u16");
  need(reader, length);
  try {
    return UTF8.decode(reader.bytes(length));
  } catch {
    throw new P9Error("EILSEQ", "Cannot parse message: string is not UTF-8");
  }
}

function need(reader: BytesReader, bytes: number): void {
  if (reader.remaining < bytes) {
    throw new P9Error(
      "EPROTO",
      `Cannot parse message: ${reader.remaining} of ${bytes} bytes remain`,
    );
  }
}

type Builder<K extends FieldKind> = (
  writer: BytesWriter,
  value: FieldValues[K],
) => void;

const BUILDERS: { readonly [K in FieldKind]: Builder<K> } = {
  u8: (writer, value) => writer.u8(value),
  u16: (writer, value) => writer.u16(value),
  u32: (writer, value) => writer.u32(value),
  u64: (writer, value) => writer.u64(value),
  offset: (writer, value) => writer.u64(value),
  string: buildString,
  strings: (writer, strings) => {
    writer.u16(strings.length);
    for (const string of strings) buildString(writer, string);
  },
  qid: buildQid,
  qids: (writer, qids) => {
    writer.u16(qids.length);
    for (const qid of qids) buildQid(writer, qid);
  },
  data: (writer, count) => writer.u32(count),
};

function buildQid(writer: BytesWriter, { type, version, path }: Qid): void {
  writer.u8(type);
  writer.u32(version);
  writer.u64(path);
}

/** Longest string in bytes, by its 16-bit length. */
const STRING_BYTES = 0xffff;

function buildString(writer: BytesWriter, value: string): void {
  const bytes = new TextEncoder().encode(value);
  if (bytes.length > STRING_BYTES) {
    throw new P9Error("EOVERFLOW", `Cannot send string: ${bytes.length} bytes`);
  }
  writer.u16(bytes.length);
  writer.bytes(bytes);
}
