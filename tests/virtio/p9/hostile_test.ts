import assert from "node:assert/strict";
import {
  buildMessage,
  HEADER_BYTES,
  parseHeader,
} from "../../../virtio/p9/codec.ts";
import {
  type FieldKind,
  type Fields,
  type MessageName,
  MESSAGES,
} from "../../../virtio/p9/message.ts";
import { answer, Client, ReplyError } from "./_client.ts";
import { outsideIsUntouched, withFolders } from "./_folders.ts";
import { random } from "./_random.ts";

const NAMES = (Object.keys(MESSAGES) as MessageName[])
  .filter((name) => name !== "version");

const TEXTS = [
  "file",
  "folder",
  "link",
  "out",
  "a",
  "b",
  "..",
  ".",
  "",
  "../outside/secret",
  "/etc",
  "a\0b",
  "x".repeat(300),
];

/** A request whose values often mean something. */
function someRequest(next: () => number): Uint8Array {
  const name = NAMES[next() % NAMES.length] as MessageName;
  const { type, request } = MESSAGES[name];
  const text = () => TEXTS[next() % TEXTS.length] ?? "";
  const value = (field: string, kind: FieldKind): unknown => {
    const small = next() % 4 !== 0;
    switch (kind) {
      case "string":
        return text();
      case "strings":
        return Array.from({ length: next() % 4 }, text);
      case "data":
        return 4;
      case "u64":
        return BigInt(small ? next() % 8 : next());
      case "offset":
        return small ? next() % 8 : next() * 2 ** 20;
      default:
        if (field === "mode") return next() & 0o177777;
        if (field === "flags") return next() & (small ? 3 : 0o4003603);
        if (field === "valid") return next() & 0x1ff;
        return small ? next() % 8 : next();
    }
  };
  const values = Object.fromEntries(
    Object.entries(request as Fields)
      .map(([field, kind]) => [field, value(field, kind)]),
  );
  const head = buildMessage(
    { type, tag: next() & 0xffff },
    request as Fields,
    values as never,
  );
  const bytes = new Uint8Array(parseHeader(head).size);
  bytes.set(head);
  return bytes;
}

/**
 * Requests clunk and delete what they meet: there is to be something to work
 * on. Fids 0 and 1 are the folder, 2 is an open file, 3 is the folder, open.
 */
function refresh(client: Client, share: string): void {
  Deno.chmodSync(share, 0o755);
  for (let fid = 0; fid < 4; fid++) {
    try {
      client.clunk(fid);
    } catch (error) {
      assert(error instanceof ReplyError);
    }
    client.attach(fid);
  }
  const path = `${share}/file`;
  Deno.writeTextFileSync(`${share}/draft`, "text");
  try {
    Deno.renameSync(`${share}/draft`, path);
  } catch {
    // Something made a folder of it.
    return;
  }
  client.call("walk", { fid: 2, newFid: 2, names: ["file"] });
  client.call("lopen", { fid: 2, flags: 2 });
  client.call("lopen", { fid: 3, flags: 0 });
}

/**
 * Some rounds of requests by one seed, in a share of its own. Gives the types
 * of those that were carried out.
 */
function attack(seed: number, rounds: number): Set<number> {
  const next = random(seed);
  const done = new Set<number>();
  withFolders((folders) => {
    const { share, outside } = folders;
    Deno.mkdirSync(`${share}/folder`);
    Deno.writeTextFileSync(`${share}/file`, "text");
    Deno.symlinkSync(outside, `${share}/out`);
    const client = Client.attached({
      folder: share,
      limits: { fids: 50, files: 20, names: 100, locks: 50 },
    });
    for (let round = 0; round < rounds; round++) {
      if (round % 16 === 0) refresh(client, share);
      const request = someRequest(next);
      if (next() % 8 === 0 && request.length > HEADER_BYTES) {
        request[HEADER_BYTES + next() % (request.length - HEADER_BYTES)] =
          next();
      }
      const room = next() % 8 === 0 ? 11 + next() % 100 : 8192;
      const reply = answer(client.server, request, room);
      const { size, type, tag } = parseHeader(reply);
      const about = `seed ${seed}, round ${round}: ${request}`;
      assert.equal(size, reply.length, about);
      assert(size <= room, about);
      assert.equal(tag, parseHeader(request).tag, about);
      if (type !== 7) done.add(type - 1);
    }
    assert(outsideIsUntouched(folders), `seed ${seed}`);
    client.server.restore(structuredClone(client.server.save()));
    client.server.reset();
    assert.deepEqual(client.server.save().fids, []);
  });
  return done;
}

Deno.test("a server survives 20,000 hostile requests", () => {
  const done = new Set<number>();
  for (let seed = 1; seed <= 10; seed++) {
    for (const type of attack(seed, 2000)) done.add(type);
  }
  const never = NAMES.filter((name) => !done.has(MESSAGES[name].type));
  // What is always refused, or needs a rare value.
  const rare = ["attach", "auth", "statfs", "xattrwalk", "xattrcreate"];
  assert.deepEqual(never.filter((name) => !rare.includes(name)), []);
});
