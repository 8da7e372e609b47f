/**
 * How the threads of several vCPUs keep what each has kept of RAM true.
 *
 * A thread changes only its own TLBs and decoded pages. What another is to drop
 * is put into its inbox (`INBOX` in `layout.ts`) and done there, in two kinds
 * with an inbox each:
 *
 * - Translations, after tlbie or a change of the hash table, are dropped
 *   between instructions only, because an instruction may have looked one up.
 *   tlbsync and ptesync wait for that, and serve their own meanwhile.
 * - Permission to store to a page of code, and decoded code, may go at any time
 *   at which no store is between its look-up and itself. They are served by
 *   whoever waits, so that two who wait for each other both come on.
 *
 * A vCPU that is not `RUNNING` is not waited for: it looks at its inboxes
 * before it runs. What is kept of code and stores is bound together by the use
 * of pages (`PAGE_USE`), which changes from stores to code and back under one
 * lock, held until all that it is about have answered.
 *
 * @module
 */
import { STATE } from "../../state.ts";
import type { Code, Local } from "../../wasm/code.ts";
import { INBOX, LOCKS, PAGE_USE, POST, REQUEST } from "../layout.ts";
import { dropCode, forgetCode } from "./decoded_pages.ts";
import { dropAll, dropReal, dropUser, protectPage } from "./drops.ts";
import type { FunctionSet } from "./functions.ts";

/** Nanoseconds after which a sleeper looks again by itself. */
const NAP = 50_000;

/** Looks before sleeping: an answer from a running thread comes in 1 µs. */
const SPINS = 200;

type Kind = "translations" | "code";

function inboxOf(f: FunctionSet, kind: Kind): number {
  const { inboxes, state } = f.vcpu;
  return inboxes[kind === "translations" ? 0 : 1] - state;
}

/** Takes the lock at the address in a local; held for some instructions only. */
function lock(c: Code, at: Local): void {
  const again = c.loop();
  c.get(at);
  c.i32(1);
  c.memory("i32.atomic.rmw.xchg");
  c.if(false);
  nap(c, { at, offset: 0, pushExpected: () => c.i32(1) });
  c.br(again);
  c.end();
  c.end();
}

function unlock(c: Code, at: Local): void {
  c.get(at);
  c.i32(0);
  c.memory("i32.atomic.store");
}

function nap(
  c: Code,
  { at, offset, pushExpected }: {
    at: Local;
    offset: number;
    pushExpected: () => void;
  },
): void {
  c.get(at);
  pushExpected();
  c.i64(NAP);
  c.memory("memory.atomic.wait32", offset);
  c.drop();
}

/** (other vCPU's block, kind of post, RAM page, bytes). */
function post(f: FunctionSet, kind: Kind): number {
  return f.once(`post ${kind}`, (_m, c) => {
    const box = c.local("i32");
    const entry = c.local("i32");
    const count = c.local("i32");
    c.get(0);
    c.i32(inboxOf(f, kind));
    c.op("i32.add");
    c.set(box);
    lock(c, box);
    c.get(box);
    c.memory("i32.load", INBOX.COUNT);
    c.set(count);
    c.get(count);
    c.i32(INBOX.entries);
    c.op("i32.lt_u");
    c.if(true);
    c.get(box);
    c.get(count);
    c.i32(INBOX.entryBytes);
    c.op("i32.mul");
    c.op("i32.add");
    c.set(entry);
    for (const [i, local] of [1, 2, 3].entries()) {
      c.get(entry);
      c.get(local);
      c.memory("i32.store", INBOX.FIRST + 4 * i);
    }
    c.end();
    c.get(count);
    c.i32(INBOX.entries);
    c.op("i32.le_u");
    c.if(true);
    c.get(box);
    c.get(count);
    c.i32(1);
    c.op("i32.add");
    c.memory("i32.store", INBOX.COUNT);
    c.end();
    c.get(box);
    c.i32(1);
    c.memory("i32.atomic.rmw.add", INBOX.POSTED);
    c.drop();
    unlock(c, box);
    c.get(0);
    c.i32(REQUEST[kind]);
    c.memory("i32.atomic.rmw.or", STATE.REQUEST.offset);
    c.drop();
  }, { parameters: ["i32", "i32", "i32"] });
}

/** (state): does what the inbox of the kind asks, and says so. */
function serve(f: FunctionSet, kind: Kind): number {
  return f.once(`serve ${kind}`, (_m, c) => {
    const box = c.local("i32");
    const entry = c.local("i32");
    const count = c.local("i32");
    c.get(0);
    c.i32(inboxOf(f, kind));
    c.op("i32.add");
    c.set(box);
    lock(c, box);
    c.get(0);
    c.i32(~REQUEST[kind]);
    c.memory("i32.atomic.rmw.and", STATE.REQUEST.offset);
    c.drop();
    c.get(box);
    c.memory("i32.load", INBOX.COUNT);
    c.set(count);
    c.get(count);
    c.i32(INBOX.entries);
    c.op("i32.gt_u");
    c.if(false);
    c.get(0);
    c.call(dropAll(f));
    if (kind === "code") {
      c.get(0);
      c.call(forgetCode(f));
    }
    c.else();
    const done = c.block();
    const again = c.loop();
    c.get(count);
    c.op("i32.eqz");
    c.brIf(done);
    c.get(count);
    c.i32(1);
    c.op("i32.sub");
    c.set(count);
    c.get(box);
    c.get(count);
    c.i32(INBOX.entryBytes);
    c.op("i32.mul");
    c.op("i32.add");
    c.set(entry);
    serveEntry(f, c, { kind, entry });
    c.br(again);
    c.end();
    c.end();
    c.end();
    c.get(box);
    c.i32(0);
    c.memory("i32.store", INBOX.COUNT);
    c.get(box);
    c.get(box);
    c.memory("i32.atomic.load", INBOX.POSTED);
    c.memory("i32.atomic.store", INBOX.SERVED);
    unlock(c, box);
    c.get(box);
    c.i32(-1);
    c.memory("memory.atomic.notify", INBOX.SERVED);
    c.drop();
  });
}

function serveEntry(
  f: FunctionSet,
  c: Code,
  { kind, entry }: { kind: Kind; entry: Local },
): void {
  const isKind = (what: number) => {
    c.get(entry);
    c.memory("i32.load", INBOX.FIRST);
    c.i32(what);
    c.op("i32.eq");
    c.if();
    c.get(0);
  };
  const argument = (index: 1 | 2) => {
    c.get(entry);
    c.memory("i32.load", INBOX.FIRST + 4 * index);
  };
  const otherwise = () => {
    c.else();
    c.get(0);
  };
  if (kind === "code") {
    isKind(POST.protect);
    argument(1);
    c.call(protectPage(f));
    otherwise();
    argument(1);
    c.call(dropCode(f));
    c.end();
    return;
  }
  isKind(POST.real);
  argument(1);
  argument(2);
  c.call(dropReal(f));
  c.else();
  isKind(POST.users);
  c.call(dropUser(f));
  otherwise();
  c.call(dropAll(f));
  c.end();
  c.end();
}

/** Serves an inbox where REQUEST says that there is something. */
function serveIfAsked(f: FunctionSet, c: Code, kind: Kind): void {
  c.get(0);
  c.memory("i32.atomic.load", STATE.REQUEST.offset);
  c.i32(REQUEST[kind]);
  c.op("i32.and");
  c.if(false);
  c.get(0);
  c.call(serve(f, kind));
  c.end();
}

/** (state): does what others have asked; between instructions only. */
export function serveRequests(f: FunctionSet): number {
  return f.once("serveRequests", (_m, c) => {
    serveIfAsked(f, c, "code");
    serveIfAsked(f, c, "translations");
  });
}

/**
 * (state, or 0 outside of all vCPUs): waits until the other vCPUs have done
 * what was posted, or do not run. Serves its own meanwhile: code always, and
 * for translations those too.
 */
function awaitOthers(f: FunctionSet, kind: Kind): number {
  return f.once(`await ${kind}`, (_m, c) => {
    const box = c.local("i32");
    const ticket = c.local("i32");
    const served = c.local("i32");
    const spins = c.local("i32");
    f.forEachVcpu(c, (block) => {
      const next = c.block();
      c.get(block);
      c.get(0);
      c.op("i32.eq");
      c.brIf(next);
      c.get(block);
      c.i32(inboxOf(f, kind));
      c.op("i32.add");
      c.set(box);
      c.get(box);
      c.memory("i32.atomic.load", INBOX.POSTED);
      c.set(ticket);
      c.i32(SPINS);
      c.set(spins);
      const again = c.loop();
      c.get(block);
      c.memory("i32.atomic.load", STATE.RUNNING.offset);
      c.op("i32.eqz");
      c.brIf(next);
      c.get(box);
      c.memory("i32.atomic.load", INBOX.SERVED);
      c.set(served);
      c.get(served);
      c.get(ticket);
      c.op("i32.sub");
      c.i32(0);
      c.op("i32.ge_s");
      c.brIf(next);
      c.get(0);
      c.if();
      serveIfAsked(f, c, "code");
      if (kind === "translations") serveIfAsked(f, c, kind);
      c.end();
      c.get(spins);
      c.i32(1);
      c.op("i32.sub");
      c.set(spins);
      c.get(spins);
      c.i32(0);
      c.op("i32.lt_s");
      c.if(false);
      nap(c, {
        at: box,
        offset: INBOX.SERVED,
        pushExpected: () => c.get(served),
      });
      c.end();
      c.br(again);
      c.end();
      c.end();
    });
  });
}

/** (state): waits for the drops that tlbie has asked of others. */
export function awaitShootdown(f: FunctionSet): number {
  return f.once("awaitShootdown", (_m, c) => {
    if (!f.layout.concurrent) return;
    c.get(0);
    c.memory("i32.load", STATE.SHOOTDOWN.offset);
    c.if(false);
    c.get(0);
    c.i32(0);
    c.memory("i32.store", STATE.SHOOTDOWN.offset);
    c.get(0);
    c.call(awaitOthers(f, "translations"));
    c.end();
  });
}

/** (state): asks the other vCPUs to drop translations, all or those of users. */
export function dropOthers(f: FunctionSet, whose: "all" | "users"): number {
  return f.once(`dropOthers ${whose}`, (_m, c) => {
    if (!f.layout.concurrent) return;
    forEachOther(f, c, (block) => {
      c.get(block);
      c.i32(POST[whose]);
      c.i32(0);
      c.i32(0);
      c.call(post(f, "translations"));
    });
    c.get(0);
    c.i32(1);
    c.memory("i32.store", STATE.SHOOTDOWN.offset);
  });
}

function forEachOther(
  f: FunctionSet,
  c: Code,
  body: (block: Local) => void,
): void {
  f.forEachVcpu(c, (block) => {
    c.get(block);
    c.get(0);
    c.op("i32.ne");
    c.if();
    body(block);
    c.end();
  });
}

/** (0, RAM page, bytes): makes all vCPUs drop translations that lead there. */
export function dropRealOfAll(f: FunctionSet): number {
  return f.once("dropRealOfAll", (_m, c) => {
    forEachOther(f, c, (block) => {
      c.get(block);
      c.i32(POST.real);
      c.get(1);
      c.get(2);
      c.call(post(f, "translations"));
    });
    c.get(0);
    c.call(awaitOthers(f, "translations"));
  }, { parameters: ["i32", "i32"] });
}

/** Takes the lock of pages' uses, and serves the own inbox for code meanwhile. */
function lockPages(f: FunctionSet, c: Code, at: Local): void {
  c.i32(f.layout.pageUse + LOCKS.pages);
  c.set(at);
  const again = c.loop();
  c.get(at);
  c.i32(1);
  c.memory("i32.atomic.rmw.xchg");
  c.if(false);
  c.get(0);
  c.if();
  serveIfAsked(f, c, "code");
  c.end();
  nap(c, { at, offset: 0, pushExpected: () => c.i32(1) });
  c.br(again);
  c.end();
  c.end();
}

function unlockPages(c: Code, at: Local): void {
  unlock(c, at);
  c.get(at);
  c.i32(1);
  c.memory("memory.atomic.notify");
  c.drop();
}

/** Pushes the address of the use of the RAM page in local 1. */
function pushUse(f: FunctionSet, c: Code): void {
  c.get(1);
  c.i32(2);
  c.op("i32.shl");
  c.i32(f.layout.pageUse + LOCKS.bytes);
  c.op("i32.add");
}

/** Pushes a vCPU's bit among storers, or decoders. */
function pushBit(c: Code, block: Local, who: "storers" | "decoders"): void {
  c.i32(1);
  c.get(block);
  c.memory("i32.load", STATE.VCPU.offset);
  if (who === "decoders") {
    c.i32(PAGE_USE.decoders);
    c.op("i32.add");
  }
  c.op("i32.shl");
}

/** For each other vCPU whose bit is in the local `use`: posts about the page. */
function postToUsers(
  f: FunctionSet,
  c: Code,
  { who, use }: { who: "storers" | "decoders"; use: Local },
): void {
  forEachOther(f, c, (block) => {
    pushBit(c, block, who);
    c.get(use);
    c.op("i32.and");
    c.if();
    c.get(block);
    c.i32(who === "storers" ? POST.protect : POST.decoded);
    c.get(1);
    c.i32(0);
    c.call(post(f, "code"));
    c.end();
  });
  c.get(0);
  c.call(awaitOthers(f, "code"));
}

/**
 * (state, RAM page): this vCPU is going to decode the page; from then on a
 * store there is noticed, whoever makes it.
 */
export function claimPage(f: FunctionSet): number {
  return f.once("claimPage", (_m, c) => {
    const at = c.local("i32");
    const use = c.local("i32");
    lockPages(f, c, at);
    pushUse(f, c);
    pushBit(c, 0, "decoders");
    c.memory("i32.atomic.rmw.or");
    c.i32(PAGE_USE.mask);
    c.op("i32.and");
    c.set(use);
    c.get(use);
    c.if(false);
    c.get(0);
    c.get(1);
    c.call(protectPage(f));
    postToUsers(f, c, { who: "storers", use });
    pushUse(f, c);
    c.i32(~PAGE_USE.mask);
    c.memory("i32.atomic.rmw.and");
    c.drop();
    c.end();
    unlockPages(c, at);
  }, { parameters: ["i32"] });
}

/**
 * (state or 0, RAM page): makes every vCPU drop what it has decoded from the
 * page.
 */
export function purgePage(f: FunctionSet): number {
  return f.once("purgePage", (_m, c) => {
    const at = c.local("i32");
    const use = c.local("i32");
    lockPages(f, c, at);
    pushUse(f, c);
    c.memory("i32.atomic.load");
    c.i32(~PAGE_USE.mask);
    c.op("i32.and");
    c.set(use);
    c.get(use);
    c.if(true);
    c.get(0);
    c.if();
    c.get(0);
    c.get(1);
    c.call(dropCode(f));
    c.end();
    postToUsers(f, c, { who: "decoders", use });
    pushUse(f, c);
    c.i32(PAGE_USE.mask);
    c.memory("i32.atomic.rmw.and");
    c.drop();
    c.end();
    unlockPages(c, at);
  }, { parameters: ["i32"] });
}

/**
 * (state, RAM page): this vCPU is going to store to the page, and may then
 * enter that into its TLBs.
 */
export function admitStores(f: FunctionSet): number {
  return f.once("admitStores", (_m, c) => {
    const use = c.local("i32");
    const mine = c.local("i32");
    pushBit(c, 0, "storers");
    c.set(mine);
    const again = c.loop();
    pushUse(f, c);
    c.memory("i32.atomic.load");
    c.set(use);
    c.get(use);
    c.i32(PAGE_USE.mask);
    c.op("i32.gt_u");
    c.if(false);
    c.get(0);
    c.get(1);
    c.call(purgePage(f));
    c.br(again);
    c.end();
    c.get(use);
    c.get(mine);
    c.op("i32.and");
    c.if(true);
    c.return();
    c.end();
    pushUse(f, c);
    c.get(use);
    c.get(use);
    c.get(mine);
    c.op("i32.or");
    c.memory("i32.atomic.rmw.cmpxchg");
    c.get(use);
    c.op("i32.ne");
    c.brIf(again);
    c.end();
  }, { parameters: ["i32"] });
}
