import assert from "node:assert/strict";
import {
  buildMessage,
  bytesBeforeData,
  HEADER_BYTES,
  parseEntries,
  parseFields,
  parseHeader,
} from "../../../virtio/p9/codec.ts";
import { P9Error } from "../../../virtio/p9/errno.ts";
import {
  type FieldKind,
  type Fields,
  type MessageName,
  messageName,
  MESSAGES,
} from "../../../virtio/p9/message.ts";
import { random } from "./_random.ts";

const NAMES = Object.keys(MESSAGES) as MessageName[];

Deno.test("buildMessage() gives the bytes that the protocol has", () => {
  const message = buildMessage(
    { type: MESSAGES.walk.type, tag: 0x1234 },
    MESSAGES.walk.request,
    { fid: 1, newFid: 0x01020304, names: ["a", "é"] },
  );
  assert.deepEqual([...message], [
    ...[24, 0, 0, 0, 110, 0x34, 0x12],
    ...[1, 0, 0, 0, 4, 3, 2, 1, 2, 0],
    ...[1, 0, 0x61, 2, 0, 0xc3, 0xa9],
  ]);
});

Deno.test("buildMessage() counts data that come after it", () => {
  const message = buildMessage({ type: 117, tag: 0 }, MESSAGES.read.reply, {
    data: 5,
  });
  assert.equal(message.length, 11);
  assert.equal(parseHeader(message).size, 16);
});

Deno.test("buildMessage() throws for a string that no length can say", () => {
  assert.throws(
    () =>
      buildMessage({ type: 23, tag: 0 }, MESSAGES.readlink.reply, {
        target: "x".repeat(0x10000),
      }),
    P9Error,
  );
});

Deno.test("parseFields() gives back what buildMessage() was given", () => {
  const next = random(1);
  for (let round = 0; round < 50; round++) {
    for (const name of NAMES) {
      for (const fields of [MESSAGES[name].request, MESSAGES[name].reply]) {
        const values = someValues(fields, next);
        const header = { type: MESSAGES[name].type, tag: next() & 0xffff };
        const bytes = buildMessage(header, fields, values as never);
        const data = (values["data"] ?? 0) as number;
        assert.deepEqual(parseHeader(bytes), {
          ...header,
          size: bytes.length + data,
        });
        const body = bytes.subarray(HEADER_BYTES);
        assert.deepEqual(parseFields(fields as Fields, body, data), values);
      }
    }
  }
});

Deno.test("parseFields() throws P9Error for every cut", () => {
  const next = random(2);
  for (const name of NAMES) {
    const fields: Fields = MESSAGES[name].request;
    const values = someValues(fields, next);
    const data = (values["data"] ?? 0) as number;
    const bytes = buildMessage({ type: 0, tag: 0 }, fields, values as never)
      .subarray(HEADER_BYTES);
    for (let length = 0; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length);
      assert.throws(() => parseFields(fields, cut, data), P9Error, name);
    }
    const longer = new Uint8Array([...bytes, 0]);
    assert.throws(() => parseFields(fields, longer, data), P9Error, name);
  }
});

Deno.test("parseFields() throws nothing but P9Error for hostile bytes", () => {
  const seed = 3;
  const next = random(seed);
  let parsed = 0;
  const rounds = 20_000;
  for (let round = 0; round < rounds; round++) {
    const name = NAMES[next() % NAMES.length] as MessageName;
    const fields: Fields = MESSAGES[name].request;
    const bytes = round % 2 === 0
      ? Uint8Array.from({ length: next() % 80 }, () => next())
      : spoilt(fields, next);
    try {
      parseFields(fields, bytes, next() % 4);
      parsed++;
    } catch (error) {
      assert(error instanceof P9Error, `seed ${seed}, T${name}: ${bytes}`);
    }
  }
  assert(parsed > 1000 && parsed < rounds / 2, `${parsed} could be parsed`);
});

Deno.test("parseFields() bounds the names of a walk", () => {
  const names = Array.from({ length: 17 }, () => "a");
  const bytes = buildMessage({ type: 110, tag: 0 }, MESSAGES.walk.request, {
    fid: 0,
    newFid: 1,
    names,
  });
  assert.throws(
    () => parseFields(MESSAGES.walk.request, bytes.subarray(HEADER_BYTES)),
    (error) => error instanceof P9Error && error.errno === "EINVAL",
  );
});

Deno.test("parseFields() throws EILSEQ for what is not UTF-8", () => {
  for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80]]) {
    const body = new Uint8Array([bytes.length, 0, ...bytes]);
    assert.throws(
      () => parseFields(MESSAGES.readlink.reply, body),
      (error) => error instanceof P9Error && error.errno === "EILSEQ",
    );
  }
});

Deno.test("parseFields() keeps a byte order mark in a name", () => {
  const body = new Uint8Array([4, 0, 0xef, 0xbb, 0xbf, 0x61]);
  const { target } = parseFields(MESSAGES.readlink.reply, body);
  assert.equal(target, "\ufeffa");
});

Deno.test("parseHeader() throws P9Error for fewer than 7 bytes", () => {
  assert.throws(() => parseHeader(new Uint8Array(6)), P9Error);
});

Deno.test("parseEntries() throws P9Error for a cut entry", () => {
  assert.throws(() => parseEntries(new Uint8Array(15)), P9Error);
});

Deno.test("bytesBeforeData() counts a Twrite's fields", () => {
  assert.equal(bytesBeforeData(MESSAGES.write.request), 23);
  assert.equal(bytesBeforeData(MESSAGES.read.request), undefined);
});

Deno.test("messageName() knows requests only", () => {
  assert.equal(messageName(100), "version");
  assert.equal(messageName(101), undefined);
  assert.equal(messageName(6), undefined);
});

type Values = Record<string, unknown>;

function someValues(fields: Fields, next: () => number): Values {
  return Object.fromEntries(
    Object.entries(fields).map(([name, kind]) => [name, someValue(kind, next)]),
  );
}

function someValue(kind: FieldKind, next: () => number): unknown {
  const u64 = () => BigInt(next()) << 32n | BigInt(next());
  const text = () => "añ🐇\u0001".slice(next() % 3);
  const qid = () => ({ type: next() & 0xff, version: next(), path: u64() });
  switch (kind) {
    case "u8":
      return next() & 0xff;
    case "u16":
      return next() & 0xffff;
    case "u32":
      return next();
    case "u64":
      return u64();
    case "offset":
      return Number(u64() >> 11n);
    case "string":
      return text();
    case "strings":
      return Array.from({ length: next() % 17 }, text);
    case "qid":
      return qid();
    case "qids":
      return Array.from({ length: next() % 17 }, qid);
    case "data":
      return next() % 1000;
  }
}

/** Right values of fields, with some bytes changed. */
function spoilt(fields: Fields, next: () => number): Uint8Array {
  const values = someValues(fields, next);
  const bytes = buildMessage({ type: 0, tag: 0 }, fields, values as never)
    .subarray(HEADER_BYTES);
  for (let changes = next() % 4; changes > 0; changes--) {
    if (bytes.length > 0) bytes[next() % bytes.length] = next();
  }
  return bytes;
}
